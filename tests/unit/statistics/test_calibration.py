"""Calibration: shifted scores become probabilities, and keep their order."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.statistics.calibration import calibrate, choose_calibration, fit_calibration
from modelfleet.statistics.calibration_map import IsotonicCalibration, SigmoidCalibration

Kind = Literal["sigmoid", "isotonic"]


def shifted_scores(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores as resampling shifts them, outcomes, and the true probabilities."""
    rng = np.random.default_rng(0)
    odds = rng.normal(-2.5, 1.2, rows)
    truth = 1 / (1 + np.exp(-odds))
    return 1 / (1 + np.exp(-(odds + 1.5))), (rng.random(rows) < truth).astype(float), truth


@pytest.mark.parametrize("kind", ["sigmoid", "isotonic"])
def test_shift_is_taken_out(kind: Kind) -> None:
    """Calibrated scores are close to the true probabilities where the raw ones are far off."""
    scores, y, truth = shifted_scores(20_000)
    calibrated = calibrate(fit_calibration(kind, scores, y), scores)
    assert np.abs(scores - truth).mean() > 0.1
    assert np.abs(calibrated - truth).mean() < 0.01
    assert calibrated.mean() == pytest.approx(y.mean(), abs=0.005)


@pytest.mark.parametrize("kind", ["sigmoid", "isotonic"])
def test_order_is_kept(kind: Kind) -> None:
    """A higher score never gets a lower probability, and no probability is 0 or 1."""
    scores, y, _ = shifted_scores(2_000)
    calibrated = calibrate(fit_calibration(kind, scores, y), np.linspace(0, 1, 1_001))
    assert np.all(np.diff(calibrated) >= 0)
    assert calibrated.min() > 0
    assert calibrated.max() < 1


def test_sigmoid_finds_the_shift() -> None:
    """Platt's parameters undo a shift of the log-odds."""
    scores, y, _ = shifted_scores(50_000)
    fitted = fit_calibration("sigmoid", scores, y)
    assert isinstance(fitted, SigmoidCalibration)
    assert (fitted.slope, fitted.intercept) == pytest.approx((1.0, -1.5), abs=0.07)


@given(st.lists(st.floats(0, 1), min_size=6, max_size=60))
def test_isotonic_is_never_steep(scores: list[float]) -> None:
    """Whatever the scores, the points increase and lie far enough apart for float32."""
    y = np.resize([0.0, 1.0, 0.0], len(scores))
    fitted = fit_calibration("isotonic", np.array(scores), y)
    assert isinstance(fitted, IsotonicCalibration)
    assert min(np.diff(fitted.scores)) >= 0.005 - 1e-12
    assert min(np.diff(fitted.probabilities)) >= 0
    assert (fitted.scores[0], fitted.scores[-1]) == (0.0, 1.0)


def test_none_changes_nothing() -> None:
    """A model that declares no calibration keeps its scores."""
    scores = np.array([0.1, 0.9])
    assert fit_calibration("none", scores, scores) is None
    assert calibrate(None, scores) is scores


def test_calibrated_scores_are_left_alone() -> None:
    """Scores that are probabilities already get no calibration, on few rows and on many."""
    for rows in (200, 20_000):
        _, y, truth = shifted_scores(rows)
        kind, choice = choose_calibration(truth, y, seed=1)
        assert kind == choice.kind == "none"


def test_shifted_scores_get_the_sigmoid() -> None:
    """A shift of the log-odds is a sigmoid's work, and isotonic lines do not beat it by noise."""
    scores, y, _ = shifted_scores(5_000)
    kind, choice = choose_calibration(scores, y, seed=1)
    assert kind == "sigmoid"
    assert choice.brier["sigmoid"] < choice.brier["none"]
    assert choice.log_loss["sigmoid"] < choice.log_loss["none"]
    assert f"{choice.log_loss['sigmoid']:.5f}" in choice.reason


def test_few_rows_never_get_isotonic_lines() -> None:
    """However bent the scores, lines through a few hundred rows would follow their noise."""
    rng = np.random.default_rng(0)
    scores = rng.uniform(0.0, 1.0, 1_500)
    y = (rng.random(1_500) < np.where(scores < 0.5, 0.1, 0.9)).astype(float)
    kind, choice = choose_calibration(scores, y, seed=1)
    assert kind != "isotonic"
    assert "isotonic" not in choice.log_loss


def test_bent_scores_get_isotonic_lines() -> None:
    """A bend that no sigmoid can follow is worth isotonic lines where rows show it."""
    rng = np.random.default_rng(0)
    scores = rng.uniform(0.0, 1.0, 10_000)
    truth = np.where(scores < 0.5, 0.1, np.where(scores < 0.8, 0.2, 0.9))
    y = (rng.random(10_000) < truth).astype(float)
    assert choose_calibration(scores, y, seed=1)[0] == "isotonic"


def test_the_choice_is_repeatable() -> None:
    """The same scores and seed give the same Brier scores to the last digit."""
    scores, y, _ = shifted_scores(1_000)
    assert choose_calibration(scores, y, seed=1) == choose_calibration(scores, y, seed=1)


def test_each_class_is_calibrated_against_the_others() -> None:
    """Sharpened probabilities of four classes come out honest, and add up to 1."""
    rng = np.random.default_rng(6)
    p = rng.dirichlet(np.ones(4), 6_000)
    y = (rng.random((6_000, 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, 3).astype(float)
    sharp = p**3 / (p**3).sum(axis=1, keepdims=True)
    kind, choice = choose_calibration(sharp, y, 1)
    assert kind != "none"
    calibrated = calibrate(fit_calibration(kind, sharp, y), sharp)
    assert calibrated.sum(axis=1) == pytest.approx(np.ones(6_000))
    truth = np.eye(4)[y.astype(int)]
    before, after = (((each - truth) ** 2).sum(axis=1).mean() for each in (sharp, calibrated))
    assert after < before - 0.02
    assert choice.brier["none"] == pytest.approx(before)


def test_honest_classes_are_left_alone() -> None:
    """Where no calibration is better beyond noise, there is none."""
    rng = np.random.default_rng(7)
    p = rng.dirichlet(np.ones(3), 2_000)
    y = (rng.random((2_000, 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, 2).astype(float)
    assert choose_calibration(p, y, 1)[0] == "none"
