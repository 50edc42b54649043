"""The gate's say on rows that are not feedback, number by number."""

from dataclasses import replace
from typing import Any

import pytest

from modelfleet.evaluation.gate import (
    LOADED_BRIER_PART,
    LOADED_PART,
    SIGNAL_LEVEL,
    Decision,
    Loaded,
    Verdict,
    decide,
)
from modelfleet.evaluation.limits import Measured
from modelfleet.spec.model import Gate, Metric
from modelfleet.statistics.results import Comparison, Estimate, Evaluation, PairedTest, Parity

GATE = Gate(primary=Metric.ROC_AUC, margin=0.04)
ALLOWED = LOADED_PART * GATE.margin
FAULTLESS = Measured(
    evaluation=Evaluation(rows=1, metrics={}),
    parity=Parity(rows=1, maximum_difference=0.0, mean_difference=0.0, tolerance=1e-4),
    bundle_bytes=1,
    latency_ms=0.1,
)


def compared(lower: float, upper: float, metric: Metric = Metric.ROC_AUC) -> Comparison:
    """A comparison whose difference has this interval."""
    test = PairedTest(
        name="DeLong",
        metric=metric,
        candidate=0.8 + (lower + upper) / 2,
        champion=0.8,
        difference=(lower + upper) / 2,
        lower=lower,
        upper=upper,
        p_value=0.5,
    )
    return Comparison(
        champion_version="1",
        champion_dataset="a",
        candidate_dataset="b",
        rows=2_000,
        primary=test,
    )


def sure(lower: float, upper: float, metric: Metric = Metric.ROC_AUC) -> Comparison:
    """A comparison that passes the level of a small table's rows."""
    found = compared(lower, upper, metric)
    primary = found.primary.model_copy(update={"p_value": SIGNAL_LEVEL / 2})
    return found.model_copy(update={"primary": primary})


BETTER, EQUAL, WORSE = compared(0.01, 0.05), compared(-0.01, 0.01), compared(-0.05, -0.01)


def decided(champion: Comparison | str, loaded: Comparison | Loaded, **options: Any) -> Verdict:
    """What becomes of a candidate without faults of its own."""
    gate = options.pop("gate", GATE)
    return decide(gate, None, FAULTLESS, champion, loaded=loaded, **options)


@pytest.mark.parametrize("champion", [BETTER, "champion 1 was trained on generated rows"])
@pytest.mark.parametrize(
    ("lower", "upper", "decision"),
    [
        (0.001, 0.002, Decision.PROMOTE),
        (-ALLOWED + 1e-9, 0.002, Decision.PROMOTE),
        (-ALLOWED - 1e-9, 0.002, Decision.BLOCK),
        (-0.002, -1e-9, Decision.BLOCK),
        (float("nan"), float("nan"), Decision.BLOCK),
    ],
)
def test_rows_that_are_not_feedback_have_the_last_word(
    champion: Comparison | str, lower: float, upper: float, decision: Decision
) -> None:
    """Whether the champion counts or not, a loss on them must be ruled out, or nearly."""
    verdict = decided(champion, compared(lower, upper))
    assert verdict.decision is decision
    told = verdict.reasons[0 if decision is Decision.BLOCK else -1]
    assert "no caller influences" in told
    assert "on 2,000 held-out rows that are not feedback" in told


def test_a_metric_of_which_less_is_better_is_turned() -> None:
    """The allowed loss of a relative margin is a part of the champion's own error."""
    gate = Gate(primary=Metric.MAE, margin=0.05, relative_margin=True)
    allowed = LOADED_PART * 0.05 * 0.8
    better = compared(-0.2, -0.1, Metric.MAE)
    verdicts = [
        decided(better, compared(-0.02, worst, Metric.MAE), gate=gate).decision
        for worst in (allowed - 1e-9, allowed + 1e-9)
    ]
    assert verdicts == [Decision.PROMOTE, Decision.BLOCK]


@pytest.mark.parametrize(
    ("most", "decision"), [(0.0799, Decision.PROMOTE), (0.0801, Decision.BLOCK)]
)
def test_probabilities_must_be_as_true_there(most: float, decision: Decision) -> None:
    """Who ranks as well may lose a part of the Brier score, beyond chance too, and no more."""
    brier = compared(0.001, most, Metric.BRIER).primary
    loaded = BETTER.model_copy(update={"others": (brier,)})
    assert pytest.approx(0.08) == LOADED_BRIER_PART * brier.champion
    verdict = decided(BETTER, loaded)
    assert verdict.decision is decision
    if decision is Decision.BLOCK:
        assert "Brier score" in verdict.reasons[0]
        assert "no caller influences" in verdict.reasons[0]


def test_too_few_rows_that_are_not_feedback_promote_nobody() -> None:
    """The reason says so, and what to do."""
    verdict = decided(BETTER, Loaded.TOO_FEW)
    assert verdict.decision is Decision.BLOCK
    assert verdict.reasons[0].startswith("too few held-out rows that are not feedback")
    assert "--force" in verdict.reasons[0]


def test_where_nothing_is_feedback_nothing_changes() -> None:
    """Every row of the comparison was loaded."""
    assert decided(BETTER, Loaded.ALL).decision is Decision.PROMOTE


@pytest.mark.parametrize(("value", "decision"), [(0.71, Decision.PROMOTE), (0.69, Decision.BLOCK)])
def test_without_a_champion_the_limits_hold_on_them_too(value: float, decision: Decision) -> None:
    """What callers report does not lift a candidate over a limit that it misses elsewhere."""
    gate = GATE.model_copy(update={"minimum": {Metric.ROC_AUC: 0.7}})
    loaded = Evaluation(rows=2_000, metrics={Metric.ROC_AUC: Estimate(value=value)})
    good = replace(
        FAULTLESS, evaluation=Evaluation(rows=1, metrics={Metric.ROC_AUC: Estimate(value=0.99)})
    )
    verdict = decide(gate, None, good, "no champion yet", loaded=loaded)
    assert verdict.decision is decision
    if decision is Decision.BLOCK:
        assert "below the minimum 0.7, on 2,000 held-out rows that are not" in verdict.reasons[0]
        forced = decide(gate, None, good, "no champion yet", loaded=loaded, force=True)
        assert forced.decision is Decision.PROMOTE


@pytest.mark.parametrize(
    ("champion", "decision"), [(EQUAL, Decision.KEEP), (compared(-0.09, 0.0), Decision.BLOCK)]
)
def test_they_promote_nobody_by_themselves(champion: Comparison, decision: Decision) -> None:
    """Who does not win the comparison is kept or blocked as ever, and as ever it is told."""
    alone = decided(champion, Loaded.ALL)
    assert decided(champion, BETTER) == alone
    assert alone.decision is decision


@pytest.mark.parametrize("loaded", [WORSE, Loaded.TOO_FEW])
def test_a_person_overrules_them(loaded: Comparison | Loaded) -> None:
    """What they say is on record all the same."""
    verdict = decided(BETTER, loaded, force=True)
    assert verdict.decision is Decision.PROMOTE
    assert "not feedback" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("guess", "signal", "decision"),
    [
        pytest.param(compared(0.01, 0.05), None, Decision.PROMOTE, id="held-out rows show it"),
        pytest.param(compared(-0.01, 0.05), None, Decision.BLOCK, id="nothing shows it"),
        pytest.param(compared(-0.01, 0.05), sure(0.01, 0.03), Decision.PROMOTE, id="all rows"),
        pytest.param(compared(-0.01, 0.05), compared(0.01, 0.03), Decision.BLOCK, id="unsure"),
        pytest.param(compared(-0.01, 0.05), sure(-0.03, -0.01), Decision.BLOCK, id="worse"),
        pytest.param(compared(-0.05, 0.01), sure(0.01, 0.03), Decision.BLOCK, id="not learned"),
        pytest.param(
            compared(-0.05, 0.01, Metric.MAE),
            sure(-0.03, -0.01, Metric.MAE),
            Decision.PROMOTE,
            id="an error, which is better if lower",
        ),
    ],
)
def test_a_first_champion_is_better_than_guessing(
    guess: Comparison, signal: Comparison | None, decision: Decision
) -> None:
    """On its held-out rows, or else all rows of a small table show something to learn."""
    told = signal and signal.primary
    verdict = decided("no champion yet", Loaded.ALL, guess=guess.primary, signal=told)
    assert verdict.decision is decision
    assert verdict.reasons[-1] == "no champion yet"
