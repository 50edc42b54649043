"""Paired tests against known answers; and how often they err, by simulation."""

import numpy as np
import pytest
from scipy.stats import binom, ttest_rel

from modelfleet.spec.model import Metric
from modelfleet.statistics.comparison.paired import bootstrap_tests, mcnemar_test
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.metrics.measures import regression_measures

INTERVAL = PredictionInterval(level=0.8, lower_offset=-1.0, upper_offset=1.0, scale="absolute")


def decisions(only_candidate: int, only_champion: int, both: int) -> tuple[np.ndarray, ...]:
    """Outcomes, and decisions of which so many are right of one model alone, or of both."""
    y = np.ones(only_candidate + only_champion + both)
    candidate, champion = y.copy(), y.copy()
    champion[:only_candidate] = 0
    candidate[only_candidate : only_candidate + only_champion] = 0
    return y, candidate, champion


@pytest.mark.parametrize(
    ("only_candidate", "only_champion", "p_value"),
    [
        (10, 2, 2 * binom.cdf(2, 12, 0.5)),
        (2, 10, 2 * binom.cdf(2, 12, 0.5)),
        (6, 6, 1.0),
        (0, 0, 1.0),
        (121, 59, 2 * binom.cdf(59, 180, 0.5)),  # Agresti's table of 59 against 121
    ],
)
def test_mcnemar(only_candidate: int, only_champion: int, p_value: float) -> None:
    """The p-value is the binomial's, on the rows about which the models disagree."""
    found = mcnemar_test(*decisions(only_candidate, only_champion, both=50))
    assert found.p_value == pytest.approx(min(1.0, p_value))
    rows = only_candidate + only_champion + 50
    assert found.difference == pytest.approx((only_candidate - only_champion) / rows)


def test_agreement_says_nothing() -> None:
    """Rows that both get right, or both wrong, do not change the p-value."""
    few, many = (mcnemar_test(*decisions(9, 3, both=both)) for both in (0, 1_000))
    assert few.p_value == many.p_value


def regression_pair(
    rng: np.random.Generator, rows: int, noise: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes and two models' values; the champion errs with deviation 1."""
    y = rng.normal(0, 5, rows)
    shared = rng.normal(0, 0.8, rows)
    return y, y + shared + rng.normal(0, noise, rows), y + shared + rng.normal(0, 0.6, rows)


def test_bootstrap_of_a_mean_difference() -> None:
    """For absolute errors the paired bootstrap tells what the paired t-test tells."""
    y, candidate, champion = regression_pair(np.random.default_rng(3), 400, 0.4)
    found = bootstrap_tests(
        regression_measures(y, candidate, INTERVAL),
        regression_measures(y, champion, INTERVAL),
        np.zeros(400),
        seed=1,
        replicates=4_000,
    )[Metric.MAE]
    reference = ttest_rel(np.abs(candidate - y), np.abs(champion - y))
    ends = reference.confidence_interval(0.95)
    assert found.difference == pytest.approx(
        float(np.mean(np.abs(candidate - y)) - np.mean(np.abs(champion - y)))
    )
    assert (found.lower, found.upper) == pytest.approx((ends.low, ends.high), abs=0.01)
    assert found.p_value == pytest.approx(float(reference.pvalue), abs=0.01)


def test_a_model_equals_itself() -> None:
    """The same values on the same resamples differ by nothing in every replicate."""
    y, candidate, _ = regression_pair(np.random.default_rng(4), 100, 0.5)
    measures = regression_measures(y, candidate, INTERVAL)
    for test in bootstrap_tests(measures, measures, np.zeros(100), 1, 200).values():
        assert (test.difference, test.lower, test.upper, test.p_value) == (0.0, 0.0, 0.0, 1.0)
