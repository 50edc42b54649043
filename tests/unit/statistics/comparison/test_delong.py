"""DeLong's interval and test against the definition, by hand and by simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import percentile_interval, replicate
from modelfleet.statistics.comparison.delong import auc_estimate, delong_test
from modelfleet.statistics.metrics.measures import binary_measures

Y = np.array([1.0, 0.0, 1.0, 0.0])
SCORES = np.array([0.9, 0.6, 0.4, 0.1])


def by_definition(y: np.ndarray, scores: list[np.ndarray]) -> tuple[list[float], np.ndarray]:
    """Areas and their covariance, from all pairs of a positive and a negative row."""
    kernels = [
        (s[y == 1][:, None] > s[y == 0]) + 0.5 * (s[y == 1][:, None] == s[y == 0]) for s in scores
    ]
    positives = np.cov([k.mean(axis=1) for k in kernels]) / int((y == 1).sum())
    negatives = np.cov([k.mean(axis=0) for k in kernels]) / int((y == 0).sum())
    return [float(k.mean()) for k in kernels], positives + negatives


def test_interval_by_hand() -> None:
    """Two positives and two negatives, one pair of four out of order: variance 1/16 + 1/16."""
    found = auc_estimate(Y, SCORES)
    assert found.value == 0.75
    assert found.lower == pytest.approx(0.75 - 1.959964 * np.sqrt(0.125))
    assert found.upper == 1.0  # an area ends there


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), rows=st.integers(6, 60))
def test_ranks_give_what_all_pairs_give(seed: int, rows: int) -> None:
    """Mid-ranks and the definition agree on areas, interval and test, ties included."""
    rng = np.random.default_rng(seed)
    y = (np.arange(rows) % 2).astype(float)
    candidate, champion = rng.integers(0, 8, (2, rows)) / 8 + 0.3 * y
    areas, covariance = by_definition(y, [candidate, champion])
    found = delong_test(y, candidate, champion)
    assert (found.candidate, found.champion) == pytest.approx(tuple(areas))
    assert found.candidate == pytest.approx(roc_auc_score(y, candidate))
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert found.upper is not None
    assert found.upper - found.difference == pytest.approx(1.959964 * np.sqrt(variance), abs=1e-6)


def test_a_model_equals_itself() -> None:
    """Scores compared with themselves differ by nothing, with certainty."""
    found = delong_test(Y, SCORES, SCORES)
    assert (found.difference, found.lower, found.upper, found.p_value) == (0.0, 0.0, 0.0, 1.0)


def test_p_value_and_interval_tell_the_same() -> None:
    """A difference whose interval ends at 0 has a p-value of 0.05."""
    rng = np.random.default_rng(1)
    y = (np.arange(400) % 2).astype(float)
    candidate, champion = rng.normal(0.8 * y), rng.normal(0.5 * y)
    found = delong_test(y, candidate, champion)
    assert found.lower is not None
    assert (found.lower > 0) == (found.p_value < 0.05)


def test_it_agrees_with_the_bootstrap() -> None:
    """On a few hundred rows DeLong's interval is that of the bootstrap, within its noise."""
    rng = np.random.default_rng(2)
    y = (np.arange(600) % 3 == 0).astype(float)
    probability = 1 / (1 + np.exp(-rng.normal(1.2 * y)))
    measure = {"auc": binary_measures(y, probability, 0.5)[Metric.ROC_AUC]}
    lower, upper = percentile_interval(replicate(measure, y, 1)["auc"])
    found = auc_estimate(y, probability)
    assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=0.01)
