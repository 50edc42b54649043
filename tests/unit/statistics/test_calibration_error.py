"""Calibration error on scores that were made to have a known one."""

import numpy as np
import pytest

from modelfleet.spec.metric import Metric
from modelfleet.statistics.bootstrap import on_rows
from modelfleet.statistics.calibration_error import calibration_curve, calibration_noise
from modelfleet.statistics.metrics.measures import binary_measures


def calibration_error(y: np.ndarray, probability: np.ndarray) -> float:
    """The metric, of rows that count once each."""
    return on_rows(binary_measures(y, probability, 0.5)[Metric.CALIBRATION_ERROR], y.size)


def drawn(share_of_odds: float, rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes drawn from probabilities, and those probabilities with their log-odds scaled."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1.5, rows)
    y = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(float)
    return y, 1 / (1 + np.exp(-share_of_odds * odds))


def test_error_by_hand() -> None:
    """Half the rows say 0.3 and hold 20 %, half say 0.9 and hold 60 %: the error is 0.2."""
    probability = np.repeat([0.3, 0.9], 50)
    y = np.concatenate([np.repeat([1.0, 0.0], [10, 40]), np.repeat([1.0, 0.0], [30, 20])])
    assert calibration_error(y, probability) == pytest.approx((0.1 + 0.3) / 2)


def test_constant_probability() -> None:
    """One probability for all rows is one bin, and its error the distance to the share."""
    y = np.repeat([1.0, 0.0], [20, 80])
    assert calibration_error(y, np.full(100, 0.5)) == pytest.approx(0.3)
    assert [point.rows for point in calibration_curve(y, np.full(100, 0.5))] == [100]


def test_calibrated_scores_have_next_to_none() -> None:
    """On many rows the error of true probabilities is noise, that of others is not."""
    assert calibration_error(*drawn(1.0, 50_000)) < 0.01
    assert calibration_error(*drawn(3.0, 50_000)) > 0.1


def test_bins_have_equal_mass() -> None:
    """Ten bins share the rows evenly, and rise."""
    curve = calibration_curve(*drawn(1.0, 5_000))
    assert len(curve) == 10
    assert {point.rows for point in curve} == {500}
    assert [p.predicted for p in curve] == sorted(p.predicted for p in curve)
    assert all(abs(p.predicted - p.observed) < 0.1 for p in curve)


def test_noise_is_what_calibrated_scores_stay_below() -> None:
    """About 97.5 % of samples of a calibrated model have an error below the noise."""
    below = []
    for seed in range(200):
        y, probability = drawn(1.0, 300, seed)
        below.append(calibration_error(y, probability) <= calibration_noise(probability, seed))
    assert 0.94 <= np.mean(below) <= 1.0


def test_noise_shrinks_with_the_rows() -> None:
    """Four times the rows halve the noise."""
    few, many = (calibration_noise(drawn(1.0, rows)[1], 1) for rows in (500, 2_000))
    assert many == pytest.approx(few / 2, rel=0.15)


def test_a_shifted_model_is_above_the_noise() -> None:
    """Scores that are bolder than the truth are found out on a thousand rows."""
    y, probability = drawn(2.5, 1_000)
    assert calibration_error(y, probability) > calibration_noise(probability, 1)
