"""Metrics as functions of row weights, so that resampling is one matrix product."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import Measure
from modelfleet.statistics.calibration_error import bin_of, binned_error
from modelfleet.statistics.conformal import bounds
from modelfleet.statistics.decision_rule import PredictionInterval

Values = NDArray[np.float64]

RANKED = {
    Metric.PRECISION_AT_25: 25,
    Metric.PRECISION_AT_50: 50,
    Metric.PRECISION_AT_100: 100,
}
_SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)


def binary_measures(y: Values, probability: Values, threshold: float) -> dict[Metric, Measure]:
    """Return the metrics of a binary classifier.

    Parameters
    ----------
    y
        Outcomes 0.0 and 1.0, shape (n,).
    probability
        Probabilities of the positive class, shape (n,).
    threshold
        Rows with at least this probability are called positive.

    Returns
    -------
    dict
        Functions of row weights, shape (replicates, n), that return one value per replicate. With
        unit weights, they equal scikit-learn's metrics of the same name.
    """
    probability = np.clip(probability, 0.0, 1.0)
    called = (probability >= threshold).astype(np.float64)
    ranking = _remembering(_ranking(y, probability))
    return {
        Metric.ROC_AUC: lambda w: _roc_auc(*ranking(w)),
        Metric.PR_AUC: lambda w: _average_precision(*ranking(w)),
        Metric.BRIER: mean_of((probability - y) ** 2),
        Metric.LOG_LOSS: mean_of(minus_log(np.where(y == 1.0, probability, 1.0 - probability))),
        Metric.CALIBRATION_ERROR: partial(binned_error, bin_of(probability), probability - y),
        Metric.RECALL: _ratio(y * called, y),
        Metric.PRECISION: _ratio(y * called, called),
        **{
            name: partial(_precision_at, ranking, min(count, y.size))
            for name, count in RANKED.items()
        },
    }


def regression_measures(
    y: Values, value: Values, interval: PredictionInterval
) -> dict[Metric, Measure]:
    """Return the metrics of a regression; `y` and `value` in the target's unit, shape (n,)."""
    return value_measures(y, value, *bounds(interval, value))


def value_measures(y: Values, value: Values, lower: Values, upper: Values) -> dict[Metric, Measure]:
    """Return the metrics of a regression with the given interval bounds; arrays of shape (n,).

    A target with zeros has no MAPE.
    """
    error = np.abs(y - value)
    mean_square = mean_of(error**2)
    relative = {} if (y == 0).any() else {Metric.MAPE: mean_of(error / np.abs(y))}
    return {
        Metric.RMSE: lambda w: np.sqrt(mean_square(w)),
        Metric.MAE: mean_of(error),
        **relative,
        Metric.R2: r_squared(y, value),
        Metric.INTERVAL_COVERAGE: mean_of(((lower <= y) & (y <= upper)).astype(np.float64)),
    }


def r_squared(y: Values, value: Values) -> Measure:
    """Return R², the share of the target's variance explained; both arrays of shape (n,).

    For a constant target, it is 1 if all predictions are exact, otherwise 0.
    """
    mean_square = mean_of((y - value) ** 2)

    def measure(weights: Values) -> Values:
        left, variance = mean_square(weights), _variance(y, weights)
        unexplained = np.divide(left, variance, out=np.sign(left), where=variance > 0)
        return np.asarray(1.0 - unexplained)

    return measure


def mean_of(values: Values) -> Measure:
    """Return the weighted mean of values, shape (n,)."""
    return lambda weights: weights @ values / weights.sum(axis=1)


def minus_log(probability: Values) -> Values:
    """Return the log loss per row from the true class's probability, clipped as in scikit-learn."""
    inside = np.clip(probability, _SMALLEST_PROBABILITY, 1.0 - _SMALLEST_PROBABILITY)
    return np.asarray(-np.log(inside))


def _ratio(part: Values, whole: Values) -> Measure:
    return lambda weights: divide(weights @ part, weights @ whole)


def _variance(y: Values, weights: Values) -> Values:
    # Centred first: a difference of two large squares would lose precision.
    centred = y - y.mean()
    rows = weights.sum(axis=1)
    return np.asarray(weights @ centred**2 / rows - (weights @ centred / rows) ** 2)


def roc_auc(y: Values, score: Values) -> Measure:
    """Return ROC AUC alone; `y` holds outcomes 0.0 and 1.0, both arrays have shape (n,)."""
    ranking = _ranking(y, score)
    return lambda weights: _roc_auc(*ranking(weights))


def _ranking(y: Values, score: Values) -> Callable[[Values], tuple[Values, Values]]:
    """Cumulate hits and rows per group of tied scores, best first; shape (replicates, groups)."""
    order = np.argsort(-score)
    ranked, outcome = score[order], y[order]
    ends = np.append(np.flatnonzero(np.diff(ranked)), ranked.size - 1)

    def accumulate(weights: Values) -> tuple[Values, Values]:
        sorted_weights = weights[:, order]
        hits = np.cumsum(sorted_weights * outcome, axis=1)[:, ends]
        return hits, np.cumsum(sorted_weights, axis=1)[:, ends]

    return accumulate


def _remembering(
    accumulate: Callable[[Values], tuple[Values, Values]],
) -> Callable[[Values], tuple[Values, Values]]:
    """Cache the last result, so that all metrics share the work on a block of weights."""
    last: list[tuple[Values, tuple[Values, Values]]] = []

    def remembered(weights: Values) -> tuple[Values, Values]:
        if not last or last[0][0] is not weights:
            last[:] = [(weights, accumulate(weights))]
        return last[0][1]

    return remembered


def _roc_auc(hits: Values, rows: Values) -> Values:
    """Compute the area by the trapezoidal rule; a group of tied scores is one segment."""
    alarms = rows - hits
    heights = hits + np.pad(hits, ((0, 0), (1, 0)))[:, :-1]
    area = (np.diff(alarms, axis=1, prepend=0.0) * heights / 2.0).sum(axis=1)
    return divide(area, hits[:, -1] * alarms[:, -1])


def _average_precision(hits: Values, rows: Values) -> Values:
    steps = np.diff(hits, axis=1, prepend=0.0)
    return divide((steps * divide(hits, rows)).sum(axis=1), hits[:, -1])


def _precision_at(
    ranking: Callable[[Values], tuple[Values, Values]], count: int, weights: Values
) -> Values:
    """Return the precision of the top `count` rows; ties at the cut count proportionally."""
    hits, rows = (np.pad(part, ((0, 0), (1, 0))) for part in ranking(weights))
    cut = np.argmax(rows >= count, axis=1)[:, None]
    end_hits, end_rows = (np.take_along_axis(part, cut, 1)[:, 0] for part in (hits, rows))
    hits_above, rows_above = (np.take_along_axis(part, cut - 1, 1)[:, 0] for part in (hits, rows))
    share = divide(end_hits - hits_above, end_rows - rows_above)
    return np.asarray((hits_above + (count - rows_above) * share) / count)


def divide(part: Values, whole: Values) -> Values:
    """Divide elementwise, with 0 where the denominator is 0; both of the same shape."""
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0))
