"""Split conformal prediction intervals from held-out residuals."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.decision_rule import PredictionInterval

Values = NDArray[np.float64]


def fit_interval(y: Values, value: Values, level: float) -> PredictionInterval:
    """Fit an interval that covers the outcome of a new row with probability `level`.

    Residuals of prices grow with the price, so if all predictions are positive, an interval
    relative to the prediction is fitted too. The one with the better interval score is chosen. The
    score is proper: it rewards a narrow interval only as long as the interval covers (Gneiting and
    Raftery 2007, section 6.2).

    Parameters
    ----------
    y, value
        Outcomes and predictions of rows that the model was not fitted on, shape (n,).
    level
        Target coverage, between 0 and 1.
    """
    candidates = [_interval(y, value, level, "absolute")]
    if np.all(value > 0):
        candidates.append(_interval(y, value, level, "relative"))
    return min(candidates, key=lambda interval: interval_score(y, value, interval))


def bounds(interval: PredictionInterval, value: Values) -> tuple[Values, Values]:
    """Return the lower and upper bounds for predictions of shape (n,)."""
    unit = np.abs(value) if interval.scale == "relative" else np.ones_like(value)
    return value + interval.lower_offset * unit, value + interval.upper_offset * unit


def interval_score(y: Values, value: Values, interval: PredictionInterval) -> float:
    """Return the mean width plus 2 / alpha times the distance outside; lower is better."""
    lower, upper = bounds(interval, value)
    outside = np.maximum(lower - y, 0.0) + np.maximum(y - upper, 0.0)
    return float(np.mean(upper - lower + 2.0 / (1.0 - interval.level) * outside))


def _interval(
    y: Values, value: Values, level: float, scale: Literal["absolute", "relative"]
) -> PredictionInterval:
    residuals = np.sort((y - value) / (value if scale == "relative" else 1.0))
    tail = (1.0 - level) / 2.0
    return PredictionInterval(
        level=level,
        lower_offset=-_upper_quantile(-residuals[::-1], tail),
        upper_offset=_upper_quantile(residuals, tail),
        scale=scale,
    )


def _upper_quantile(ascending: Values, tail: float) -> float:
    """Return the value of rank ceil((n + 1)(1 - tail)); Vovk et al. 2005, Lei et al. 2018."""
    rank = math.ceil((ascending.size + 1) * (1.0 - tail))
    return float(ascending[min(rank, ascending.size) - 1])
