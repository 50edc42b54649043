"""Expected performance against its definition, and against what is realised in simulations."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import on_rows, percentile_interval, replicate
from modelfleet.statistics.metrics.expected import expected_measures
from modelfleet.statistics.metrics.measures import binary_measures

THRESHOLD = 0.4
SIMULATIONS = 400
ROWS = 1_500


def expected(p: np.ndarray, threshold: float = THRESHOLD) -> dict[Metric, float]:
    """Each expected metric of rows that count once."""
    return {
        name: on_rows(measure, p.size) for name, measure in expected_measures(p, threshold).items()
    }


def realised(y: np.ndarray, p: np.ndarray) -> dict[Metric, float]:
    """The same metrics of outcomes."""
    measures = binary_measures(y, p, THRESHOLD)
    return {name: on_rows(measures[name], p.size) for name in expected_measures(p, THRESHOLD)}


def scores(rng: np.random.Generator, rows: int = ROWS) -> np.ndarray:
    """Probabilities as a churn model gives them: most are small."""
    return rng.beta(1.0, 3.0, rows)


def test_brier_and_precision_are_expectations_over_all_outcomes() -> None:
    """Of four rows, the mean over all 16 outcomes, each as often as it happens, is what is told."""
    p = np.array([0.1, 0.45, 0.7, 0.9])
    outcomes = [np.array(y, dtype=float) for y in product((0, 1), repeat=4)]
    chances = [float(np.prod(np.where(y == 1, p, 1 - p))) for y in outcomes]
    found = expected(p)
    for metric in (Metric.BRIER, Metric.PRECISION):
        mean = sum(
            chance * realised(y, p)[metric] for y, chance in zip(outcomes, chances, strict=True)
        )
        assert found[metric] == pytest.approx(mean)


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), rows=st.integers(2, 40), digits=st.integers(1, 4))
def test_auc_is_what_all_pairs_give(seed: int, rows: int, digits: int) -> None:
    """Sorting gives what counting every pair of different rows gives, ties included."""
    p = np.random.default_rng(seed).random(rows).round(digits)
    pairs = p[:, None] * (1 - p) * (1 - np.eye(rows))
    order = (p[:, None] > p) + 0.5 * (p[:, None] == p)
    whole = pairs.sum()
    by_definition = (pairs * order).sum() / whole if whole > 0 else 0.0
    assert expected(p)[Metric.ROC_AUC] == pytest.approx(by_definition)


def test_a_row_that_counts_twice_is_two_rows() -> None:
    """Weights and repeated rows give the same."""
    rng = np.random.default_rng(3)
    p, times = scores(rng, 50), rng.integers(0, 4, 50)
    weighted = expected_measures(p, THRESHOLD)
    repeated = expected(np.repeat(p, times))
    for metric, measure in weighted.items():
        assert measure(times[None, :].astype(float))[0] == pytest.approx(repeated[metric])


@pytest.mark.parametrize("distorted", [False, True])
def test_calibrated_scores_foretell_what_is_realised(distorted: bool) -> None:
    """Over many simulations both agree within their noise; with scores too high they do not.

    The second case shows that the first could fail: the same comparison on the same rows, with
    outcomes half as frequent as the scores say.
    """
    rng = np.random.default_rng(7)
    gaps: dict[Metric, list[float]] = {}
    for _ in range(SIMULATIONS):
        p = scores(rng)
        y = (rng.random(p.size) < (p / 2 if distorted else p)).astype(float)
        told, came = expected(p), realised(y, p)
        for metric in told:
            gaps.setdefault(metric, []).append(came[metric] - told[metric])
    for metric, found in gaps.items():
        error = np.std(found) / np.sqrt(SIMULATIONS)
        agrees = abs(np.mean(found)) < 4 * error
        # Halving all probabilities alike changes neither the ranking nor the share that is called
        # of the positives; what a score is worth it does change.
        told_apart = metric in {Metric.BRIER, Metric.PRECISION, Metric.ROC_AUC}
        assert agrees is not (distorted and told_apart), (metric, np.mean(found), error)


def test_the_interval_holds_what_the_population_has() -> None:
    """Of 200 samples, about 95 in 100 resampled intervals hold the population's metric."""
    rng = np.random.default_rng(11)
    truth = expected(scores(rng, 200_000))
    held = dict.fromkeys(truth, 0)
    for seed in range(200):
        p = scores(rng, 400)
        drawn = replicate(expected_measures(p, THRESHOLD), np.zeros(p.size), seed, 200)
        for metric, values in drawn.items():
            lower, upper = percentile_interval(values)
            held[metric] += lower <= truth[metric] <= upper
    for metric, count in held.items():
        assert 180 <= count <= 199, (metric, count)
