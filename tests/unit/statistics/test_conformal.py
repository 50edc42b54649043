"""Prediction intervals: measured coverage by simulation, and which scale is taken."""

import numpy as np
import pytest

from modelfleet.statistics.conformal import bounds, fit_interval, interval_score

LEVEL = 0.8


def prices(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes whose error grows with the value, and the predictions."""
    predicted = rng.lognormal(9, 0.7, rows)
    return predicted * rng.lognormal(0, 0.3, rows), predicted


def test_coverage_is_what_was_asked_for() -> None:
    """Over many small calibration sets, new rows fall inside as often as the level says."""
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        interval = fit_interval(*prices(rng, 60), LEVEL)
        y, predicted = prices(rng, 200)
        lower, upper = bounds(interval, predicted)
        covered.append(np.mean((lower <= y) & (y <= upper)))
    assert np.mean(covered) == pytest.approx(LEVEL, abs=0.02)
    assert np.mean(covered) >= LEVEL - 0.005


def test_errors_that_grow_with_the_value_get_a_relative_interval() -> None:
    """Price-like rows get an interval in shares of the prediction, and cheap rows a narrow one."""
    interval = fit_interval(*prices(np.random.default_rng(1), 5_000), LEVEL)
    assert interval.scale == "relative"
    assert interval.around(1_000.0)[0] > 0


def test_errors_of_one_size_get_an_absolute_interval() -> None:
    """Rows whose error does not depend on the value get an interval in the target's unit."""
    rng = np.random.default_rng(2)
    predicted = rng.uniform(10, 1_000, 5_000)
    interval = fit_interval(predicted + rng.normal(0, 5, 5_000), predicted, LEVEL)
    assert interval.scale == "absolute"
    assert interval.upper_offset == pytest.approx(1.2816 * 5, rel=0.05)


def test_negative_predictions_rule_out_a_relative_interval() -> None:
    """Where a prediction is not positive, shares of it mean nothing."""
    y, predicted = prices(np.random.default_rng(3), 500)
    assert fit_interval(y, predicted - predicted.max(), LEVEL).scale == "absolute"


def test_bounds_agree_with_what_is_served() -> None:
    """Intervals over arrays are those that the bundle gives for a single value."""
    interval = fit_interval(*prices(np.random.default_rng(4), 500), LEVEL)
    lower, upper = bounds(interval, np.array([1_234.5]))
    assert (lower[0], upper[0]) == pytest.approx(interval.around(1_234.5))


def test_interval_score_by_hand() -> None:
    """The score is the width plus ten times what lies outside, at level 0.8."""
    interval = fit_interval(np.array([9.0, 11.0]), np.array([10.0, -10.0]), LEVEL)
    assert (interval.lower_offset, interval.upper_offset) == (-1.0, 21.0)
    assert interval_score(np.array([7.0]), np.array([10.0]), interval) == pytest.approx(22 + 20)
