"""Every metric as a function of how often each row counts, so that resampling is one product."""

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
    """A classifier's metrics.

    Parameters
    ----------
    y
        Outcomes 0.0 and 1.0, shape (n,).
    probability
        Of the positive class, shape (n,).
    threshold
        A row is called positive from this probability on.

    Returns
    -------
    dict
        From weights, shape (replicates, n), to one value a replicate. With all weights 1 the values
        are scikit-learn's, where it has the metric.
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
    """A regression's metrics; see `binary_measures`. `y` and `value` have the target's unit."""
    return value_measures(y, value, *bounds(interval, value))


def value_measures(y: Values, value: Values, lower: Values, upper: Values) -> dict[Metric, Measure]:
    """A regression's metrics by the ends of its intervals as they were told; all shape (n,)."""
    error = np.abs(y - value)
    mean_square = mean_of(error**2)
    nonzero = np.maximum(np.abs(y), np.finfo(np.float64).eps)
    return {
        Metric.RMSE: lambda w: np.sqrt(mean_square(w)),
        Metric.MAE: mean_of(error),
        Metric.MAPE: mean_of(error / nonzero),
        Metric.R2: r_squared(y, value),
        Metric.INTERVAL_COVERAGE: mean_of(((lower <= y) & (y <= upper)).astype(np.float64)),
    }


def r_squared(y: Values, value: Values) -> Measure:
    """Share of the target's variance that values explain; both shape (n,).

    Of a target that never varies it is 1 where every value is right, else 0.
    """
    mean_square = mean_of((y - value) ** 2)

    def measure(weights: Values) -> Values:
        left, variance = mean_square(weights), _variance(y, weights)
        unexplained = np.divide(left, variance, out=np.sign(left), where=variance > 0)
        return np.asarray(1.0 - unexplained)

    return measure


def mean_of(values: Values) -> Measure:
    """The mean of a value per row, shape (n,)."""
    return lambda weights: weights @ values / weights.sum(axis=1)


def minus_log(probability: Values) -> Values:
    """Log loss per row, from the probability of what came true; finite, as in scikit-learn."""
    inside = np.clip(probability, _SMALLEST_PROBABILITY, 1.0 - _SMALLEST_PROBABILITY)
    return np.asarray(-np.log(inside))


def _ratio(part: Values, whole: Values) -> Measure:
    return lambda weights: divide(weights @ part, weights @ whole)


def _variance(y: Values, weights: Values) -> Values:
    # Around the mean of the rows, because a difference of two large squares would lose digits.
    centred = y - y.mean()
    rows = weights.sum(axis=1)
    return np.asarray(weights @ centred**2 / rows - (weights @ centred / rows) ** 2)


def roc_auc(y: Values, score: Values) -> Measure:
    """The area under the ROC curve by itself, of outcomes 0.0 and 1.0; both shape (n,)."""
    ranking = _ranking(y, score)
    return lambda weights: _roc_auc(*ranking(weights))


def _ranking(y: Values, score: Values) -> Callable[[Values], tuple[Values, Values]]:
    """Hits and rows up to the end of each group of equal scores, the best first: (b, groups)."""
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
    """Do it once for all metrics that are asked about the same block of weights."""
    last: list[tuple[Values, tuple[Values, Values]]] = []

    def remembered(weights: Values) -> tuple[Values, Values]:
        if not last or last[0][0] is not weights:
            last[:] = [(weights, accumulate(weights))]
        return last[0][1]

    return remembered


def _roc_auc(hits: Values, rows: Values) -> Values:
    """Trapezoids below the curve; a group of equal scores is one slanted step."""
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
    """Share of positives among the `count` best; the group at the cut counts in proportion."""
    hits, rows = (np.pad(part, ((0, 0), (1, 0))) for part in ranking(weights))
    cut = np.argmax(rows >= count, axis=1)[:, None]
    end_hits, end_rows = (np.take_along_axis(part, cut, 1)[:, 0] for part in (hits, rows))
    hits_above, rows_above = (np.take_along_axis(part, cut - 1, 1)[:, 0] for part in (hits, rows))
    share = divide(end_hits - hits_above, end_rows - rows_above)
    return np.asarray((hits_above + (count - rows_above) * share) / count)


def divide(part: Values, whole: Values) -> Values:
    """Divide, with 0 where there is nothing to divide by; both of one shape."""
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0))
