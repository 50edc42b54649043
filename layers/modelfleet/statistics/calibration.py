"""Fitting and applying probability calibration."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from modelfleet.statistics.calibration_map import (
    SCORE_MARGIN,
    Calibration,
    ClasswiseCalibration,
    IsotonicCalibration,
    SigmoidCalibration,
)
from modelfleet.statistics.folds import Folds, Keys, rarest, stratified
from modelfleet.statistics.metrics.class_measures import one_hot
from modelfleet.statistics.results import CalibrationChoice

Kind = Literal["none", "sigmoid", "isotonic"]
Values = NDArray[np.float64]

# Scores that differ only by float32 rounding (1e-7) must not get visibly different probabilities:
# with points at least this far apart, no slope exceeds 200, and the difference stays below 2e-5.
_POINT_DISTANCE = 0.005
_WEAK_PENALTY = 1e6
# Ordered from the strongest assumptions to the weakest; weaker assumptions need more rows.
_KINDS: tuple[Kind, ...] = ("none", "sigmoid", "isotonic")
_FOLDS = 5
# Standard errors by which a kind must be better than a simpler one.
_STANDARD_ERRORS: Mapping[Kind, float] = {"sigmoid": 1.0, "isotonic": 2.0}
# Rows of the rarest class, below which isotonic regression is not tried.
_ISOTONIC_ROWS = 1_000
_LEAST_PROBABILITY = 1e-6


def choose_calibration(
    scores: Values, y: Values, seed: int, groups: Keys | None = None
) -> tuple[Kind, CalibrationChoice]:
    """Choose the kind of calibration by cross-validated log loss, preferring the simpler one.

    Each kind is evaluated by five-fold cross-validation. Platt scaling, which has two parameters,
    must improve the log loss by more than one standard error of the paired difference. Isotonic
    regression follows every bump in the data, and its flat segments compress the ranking: it needs
    many rows of each outcome, and an improvement of more than two standard errors.

    Parameters
    ----------
    scores
        Out-of-sample scores in [0, 1], shape (n,) or, for more than two classes, (n, classes).
    y
        Outcomes 0.0 and 1.0, at least two of each, or the class index of each row; shape (n,).
    seed
        Seed of the folds.
    groups
        Group of each row, shape (n,); no group is on both sides of a fold.
    """
    folds = stratified(y, _FOLDS, seed, groups)
    tried = _KINDS if rarest(y) >= _ISOTONIC_ROWS else _KINDS[:-1]
    fitted = {kind: _cross_fitted(kind, scores, y, folds) for kind in tried}
    losses = {kind: _log_loss(probability, y) for kind, probability in fitted.items()}
    chosen: Kind = "none"
    for kind in tried[1:]:
        gain = losses[chosen] - losses[kind]
        if gain.mean() > _STANDARD_ERRORS[kind] * gain.std() / np.sqrt(gain.size):
            chosen = kind
    log_loss = {kind: float(loss.mean()) for kind, loss in losses.items()}
    listed = ", ".join(f"{kind} {value:.5f}" for kind, value in log_loss.items())
    choice = CalibrationChoice(
        kind=chosen,
        brier={kind: float(_square(probability, y).mean()) for kind, probability in fitted.items()},
        log_loss=log_loss,
        reason=f"cross-validated log loss: {listed}",
    )
    return chosen, choice


def fit_calibration(kind: Kind, scores: Values, y: Values) -> Calibration | None:
    """Fit a calibration.

    Parameters
    ----------
    kind
        Kind of calibration.
    scores
        Out-of-sample scores in [0, 1], shape (n,). With scores of shape (n, classes), each class
        is calibrated one-vs-rest (Zadrozny and Elkan 2002).
    y
        Outcomes 0.0 and 1.0, or the class index of each row; shape (n,).

    Returns
    -------
    Calibration or None
        `None` for the kind "none".
    """
    if kind == "none":
        return None
    fit = _fit_sigmoid if kind == "sigmoid" else _fit_isotonic
    if scores.ndim == 1:
        return fit(scores, y)
    columns = enumerate(scores.T)
    return ClasswiseCalibration(classes=tuple(fit(s, (y == k) * 1.0) for k, s in columns))


def calibrate(calibration: Calibration | None, scores: Values) -> Values:
    """Map scores, shape (n,) or (n, classes), to probabilities of the same shape."""
    if calibration is None:
        return scores
    if isinstance(calibration, ClasswiseCalibration):
        pairs = zip(calibration.classes, scores.T, strict=True)
        each = np.column_stack([calibrate(one, column) for one, column in pairs])
        return np.asarray(each / each.sum(axis=1, keepdims=True))
    if isinstance(calibration, IsotonicCalibration):
        return np.interp(scores, calibration.scores, calibration.probabilities)
    odds = calibration.slope * _log_odds(scores) + calibration.intercept
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))


def _cross_fitted(kind: Kind, scores: Values, y: Values, folds: Folds) -> Values:
    """Return out-of-fold calibrated probabilities."""
    probability = np.empty_like(scores)
    for fitted_on, left_out in folds:
        calibration = fit_calibration(kind, scores[fitted_on], y[fitted_on])
        probability[left_out] = calibrate(calibration, scores[left_out])
    return probability


def _log_loss(probability: Values, y: Values) -> Values:
    """Return the log loss of each row, shape (n,)."""
    if probability.ndim == 1:
        actual = np.where(y == 1.0, probability, 1.0 - probability)
    else:
        actual = probability[np.arange(y.size), y.astype(np.int64)]
    return np.asarray(-np.log(np.clip(actual, _LEAST_PROBABILITY, 1.0)))


def _square(probability: Values, y: Values) -> Values:
    """Return the Brier score of each row, shape (n,)."""
    if probability.ndim == 1:
        return (probability - y) ** 2
    truth = one_hot(y, probability.shape[1])
    return np.asarray(((probability - truth) ** 2).sum(axis=1))


def _fit_sigmoid(scores: Values, y: Values) -> SigmoidCalibration:
    model = LogisticRegression(C=_WEAK_PENALTY).fit(_log_odds(scores)[:, None], y)
    return SigmoidCalibration(slope=float(model.coef_[0, 0]), intercept=float(model.intercept_[0]))


def _fit_isotonic(scores: Values, y: Values) -> IsotonicCalibration:
    """Fit centred isotonic regression (Oron and Flournoy 2017), extended to scores 0 and 1.

    Interpolating between the centres of the steps preserves the order of scores that plain steps
    would tie. Each step is shrunk towards the base rate, so that no probability is 0 or 1.
    """
    steps = IsotonicRegression().fit_transform(scores, y)
    centres, levels, counts = _step_centres(scores, steps)
    levels = (levels * counts + y.mean()) / (counts + 1.0)
    xs, ys = _spread(centres, np.maximum.accumulate(levels))
    return IsotonicCalibration(
        scores=(0.0, *xs.tolist(), 1.0),
        probabilities=(ys[0] / 2.0, *ys.tolist(), (1.0 + ys[-1]) / 2.0),
    )


def _step_centres(scores: Values, steps: Values) -> tuple[Values, Values, Values]:
    levels, step, counts = np.unique(steps, return_inverse=True, return_counts=True)
    centres = np.bincount(step, weights=scores) / counts
    return centres, levels, counts.astype(np.float64)


def _spread(centres: Values, levels: Values) -> tuple[Values, Values]:
    kept: list[int] = []
    for i, centre in enumerate(centres):
        below = centres[kept[-1]] if kept else 0.0
        if centre - below >= _POINT_DISTANCE and centre <= 1.0 - _POINT_DISTANCE:
            kept.append(i)
    if not kept:  # all scores are close to 0 or 1: use the lowest level everywhere
        return np.array([0.5]), levels[:1]
    return centres[kept], levels[kept]


def _log_odds(scores: Values) -> Values:
    inside = np.clip(scores, SCORE_MARGIN, 1.0 - SCORE_MARGIN)
    return np.asarray(np.log(inside / (1.0 - inside)))
