"""Threshold rules on scores whose best cut is known."""

import numpy as np
import pytest

from modelfleet.spec.model import ThresholdRule
from modelfleet.statistics.threshold import choose_threshold, describe_threshold

Y = np.array([1, 1, 0, 1, 0, 0, 1, 0], dtype=float)
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])


@pytest.mark.parametrize(
    ("objective", "value", "threshold"),
    [
        ("fixed", 0.35, 0.35),
        ("recall_at_least", 0.70, 0.55),  # three of four positives at precision 3/4
        ("recall_at_least", 0.50, 0.75),  # two of four at precision 1
        ("recall_at_least", 1.00, 0.25),
        ("precision_at_least", 0.75, 0.55),  # the most positives at that precision
        ("precision_at_least", 1.00, 0.75),
        ("f_beta", 1.0, 0.55),
        ("f_beta", 10.0, 0.25),  # recall is nearly all that counts
    ],
)
def test_rule_finds_the_best_cut(objective: str, value: float, threshold: float) -> None:
    """Each rule takes the cut that its objective asks for, halfway between two scores."""
    rule = ThresholdRule.model_validate({"objective": objective, "value": value})
    assert choose_threshold(Y, SCORES, rule) == pytest.approx(threshold)


def test_precision_out_of_reach_takes_the_best_there_is() -> None:
    """Where no cut is precise enough, the most precise one is taken."""
    rule = ThresholdRule(objective="precision_at_least", value=0.9)
    y = np.array([0, 1, 1, 0, 0], dtype=float)
    chosen = choose_threshold(y, np.array([0.9, 0.8, 0.7, 0.6, 0.5]), rule)
    assert chosen == pytest.approx(0.65)


def test_order_of_rows_does_not_matter() -> None:
    """Shuffled rows with ties give the same threshold."""
    rule = ThresholdRule(objective="recall_at_least", value=0.7)
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 10, 300) / 10
    y = (rng.random(300) < scores).astype(float)
    chosen = {choose_threshold(y[o], scores[o], rule) for o in map(rng.permutation, [300] * 5)}
    assert len(chosen) == 1


def test_recall_is_reached_on_the_rows_that_chose() -> None:
    """The chosen threshold reaches the recall that the rule asks for."""
    rng = np.random.default_rng(2)
    scores = rng.random(1_000)
    y = (rng.random(1_000) < scores).astype(float)
    threshold = choose_threshold(y, scores, ThresholdRule(objective="recall_at_least", value=0.7))
    assert y[scores >= threshold].sum() >= 0.7 * y.sum()
    assert y[scores >= threshold].sum() < 0.75 * y.sum()


@pytest.mark.parametrize(
    ("missed", "alarm", "threshold"),
    [
        (1.5, 1.0, 0.55),  # one missed and one false alarm
        (5.0, 1.0, 0.25),  # nobody is missed, for three false alarms
        (1.0, 5.0, 0.75),  # no false alarm, for two missed
    ],
)
def test_expected_cost_weighs_the_errors(missed: float, alarm: float, threshold: float) -> None:
    """The dearer an error, the fewer of its kind."""
    rule = cost_rule(missed, alarm)
    assert choose_threshold(Y, SCORES, rule) == pytest.approx(threshold)


def cost_rule(missed: float, alarm: float) -> ThresholdRule:
    """A rule by costs."""
    return ThresholdRule(
        objective="expected_cost", false_negative_cost=missed, false_positive_cost=alarm
    )


def cost(y: np.ndarray, called: np.ndarray, rule: ThresholdRule) -> float:
    """What a threshold's errors cost."""
    missed, alarms = (y * ~called).sum(), ((1 - y) * called).sum()
    return float(rule.false_negative_cost * missed + rule.false_positive_cost * alarms)


def test_no_cut_is_cheaper_than_the_chosen_one() -> None:
    """Whatever the costs, no other threshold costs less on the rows that chose."""
    rng = np.random.default_rng(3)
    scores = rng.random(300)
    y = (rng.random(300) < 0.5 * scores).astype(float)
    for missed, alarm in [(1, 1), (3, 1), (1, 3), (1, 50)]:
        rule = cost_rule(missed, alarm)
        chosen = choose_threshold(y, scores, rule)
        costs = [cost(y, scores >= cut, rule) for cut in np.linspace(0, 1, 99)]
        assert cost(y, scores >= chosen, rule) <= min(costs)


def test_calling_nobody_may_be_cheapest() -> None:
    """Where every alarm costs more than it saves, no probability reaches the threshold."""
    y = np.array([0.0, 1.0, 0.0])
    assert choose_threshold(y, np.array([1.0, 0.5, 0.2]), cost_rule(1.0, 100.0)) > 1.0


def test_threshold_is_described_by_what_it_reaches() -> None:
    """The description has the rule in words, and what the cut gives on the rows that chose it."""
    rule = ThresholdRule(objective="recall_at_least", value=0.7)
    found = describe_threshold(Y, SCORES, rule, choose_threshold(Y, SCORES, rule))
    assert (found.recall, found.precision, found.called_share) == (0.75, 0.75, 0.5)
    assert (found.rows, found.objective) == (8, "recall_at_least")
    assert "recall of at least 0.7" in found.reason
