"""Intervals for rows that are not independent, such as those of one customer."""

import numpy as np
import pytest
from numpy.typing import NDArray

from modelfleet.spec.metric import Metric
from modelfleet.statistics.bootstrap import estimates, resamples
from modelfleet.statistics.comparison.delong import auc_estimate, delong_test
from modelfleet.statistics.comparison.paired import bootstrap_tests

Floats = NDArray[np.float64]
CUSTOMERS, EACH = 40, 15


def drawn(seed: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Outcomes and scores that are constant per customer and independent of each other."""
    rng = np.random.default_rng(seed)
    customer = np.repeat(np.arange(CUSTOMERS), EACH)
    y = rng.permutation(np.arange(CUSTOMERS) % 2).astype(np.float64)[customer]
    return y, rng.uniform(size=CUSTOMERS)[customer], customer


def test_an_interval_of_dependent_rows_covers_the_truth() -> None:
    """As many rows of few customers say no more than the customers do."""
    covered = {True: 0, False: 0}
    for seed in range(200):
        y, score, customer = drawn(seed)
        for grouped in covered:
            found = auc_estimate(y, score, customer if grouped else None)
            assert found.lower is not None
            assert found.upper is not None
            covered[grouped] += found.lower <= 0.5 <= found.upper
    assert covered[True] >= 0.88 * 200
    assert covered[False] <= 0.5 * 200


def test_guessing_is_not_beaten_by_chance() -> None:
    """Scores without any meaning are seldom significantly better than one answer to every row."""
    better = 0
    for seed in range(200):
        y, score, customer = drawn(seed)
        lower = delong_test(y, score, np.zeros_like(score), customer).lower
        assert lower is not None
        better += lower > 0
    assert better <= 0.07 * 200


def test_independent_rows_have_the_same_interval() -> None:
    """Groups of one row each change nothing but rounding."""
    rng = np.random.default_rng(0)
    y = (rng.random(500) < 0.4).astype(np.float64)
    score = rng.random(500) + 0.3 * y
    plain, grouped = auc_estimate(y, score), auc_estimate(y, score, np.arange(500))
    assert grouped.value == plain.value
    assert grouped.lower == pytest.approx(plain.lower, abs=1e-3)
    assert grouped.upper == pytest.approx(plain.upper, abs=1e-3)


def test_groups_are_drawn_whole() -> None:
    """All rows of a group have the same weight, and every replicate has rows of both outcomes."""
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.repeat(np.arange(30), 4))
    y = np.isin(groups, [4, 9]).astype(np.float64)
    (weights,) = resamples(y, 0, 50, groups)
    assert weights.shape == (50, 120)
    for group in range(30):
        members = weights[:, groups == group]
        assert (members == members[:, :1]).all()
    assert (weights @ y == 8).all()
    assert (weights.sum(axis=1) == 120).all()


def test_resampled_intervals_and_tests_widen() -> None:
    """By the square root of the rows per customer, if these are all alike."""
    y, score, customer = drawn(1)
    mean, none = {Metric.MAE: lambda w: (w @ score) / w.sum(axis=1)}, np.zeros_like(y)
    widths = []
    for groups in (None, customer):
        found = estimates(mean, none, 0, groups=groups)[Metric.MAE]
        assert found.lower is not None
        assert found.upper is not None
        widths.append(found.upper - found.lower)
    assert widths[1] / widths[0] == pytest.approx(EACH**0.5, rel=0.15)
    zero = {Metric.MAE: lambda w: np.zeros(len(w))}
    narrow, wide = (
        bootstrap_tests(mean, zero, none, 0, groups=groups)[Metric.MAE]
        for groups in (None, customer)
    )
    assert wide.lower is not None
    assert narrow.lower is not None
    assert wide.lower < narrow.lower
