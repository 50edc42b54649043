"""Points of ROC, precision-recall, and residual curves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn import metrics

Values = NDArray[np.float64]
Points = list[tuple[float, float]]

_MOST_POINTS = 200
_GROUPS = 10
_MIDDLE = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Confusion:
    """Row counts by outcome and decision."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int


@dataclass(frozen=True)
class ValueGroup:
    """Rows with similar predicted values.

    `typical` is the median prediction, `residuals` are the 10 %, 50 %, and 90 % quantiles of
    predicted minus actual values, and `coverage` is the share of actual values within their
    interval, with its own 95 % interval in `coverage_ends`.
    """

    typical: float
    residuals: tuple[float, float, float]
    coverage: float
    coverage_ends: tuple[float, float]


def roc_points(y: Values, probability: Values) -> Points:
    """Return (false positive rate, recall) at decreasing thresholds, from (0, 0) to (1, 1)."""
    alarms, recall, _ = metrics.roc_curve(y, probability)
    return _thinned(alarms, recall)


def precision_recall_points(y: Values, probability: Values) -> Points:
    """Return (recall, precision) at increasing thresholds, down to recall 0."""
    precision, recall, _ = metrics.precision_recall_curve(y, probability)
    return _thinned(recall, precision)


def confusion(y: Values, probability: Values, threshold: float) -> Confusion:
    """Count rows by outcome and decision; positive means `probability >= threshold`."""
    called, positive = probability >= threshold, y == 1.0
    return Confusion(
        true_positive=int((called & positive).sum()),
        false_positive=int((called & ~positive).sum()),
        false_negative=int((~called & positive).sum()),
        true_negative=int((~called & ~positive).sum()),
    )


def score_shares(y: Values, probability: Values, bins: int) -> tuple[Values, Values]:
    """Return histograms of the negatives' and positives' scores over [0, 1], shape (bins,)."""
    shares = []
    for outcome in (0.0, 1.0):
        counts, _ = np.histogram(probability[y == outcome], bins=bins, range=(0.0, 1.0))
        shares.append(counts / max(1, counts.sum()))
    return shares[0], shares[1]


def value_groups(y: Values, value: Values, lower: Values, upper: Values) -> list[ValueGroup]:
    """Split rows by predicted value into ten groups of equal size; arrays of shape (n,)."""
    order = np.argsort(value, kind="stable")
    covered = (lower <= y) & (y <= upper)
    groups = []
    for rows in np.array_split(order, min(_GROUPS, y.size)):
        low, middle, high = np.quantile(value[rows] - y[rows], _MIDDLE)
        share = float(covered[rows].mean())
        groups.append(
            ValueGroup(
                typical=float(np.median(value[rows])),
                residuals=(float(low), float(middle), float(high)),
                coverage=share,
                coverage_ends=share_interval(share, rows.size),
            )
        )
    return groups


def share_interval(share: float, rows: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927), which stays within 0 and 1."""
    interval = binomtest(round(share * rows), rows).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def _thinned(x: Values, y: Values) -> Points:
    """Keep at most 200 evenly spaced points, including both ends."""
    kept = np.unique(np.linspace(0, x.size - 1, min(x.size, _MOST_POINTS)).astype(int))
    return [(float(x[at]), float(y[at])) for at in kept]
