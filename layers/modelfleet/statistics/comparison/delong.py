"""DeLong's variance of ROC AUC, for one model and for two models on the same rows."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from modelfleet.spec.model import Metric
from modelfleet.statistics.results import Estimate, PairedTest

Values = NDArray[np.float64]

_NORMAL = NormalDist()
_Z = _NORMAL.inv_cdf(0.975)


def auc_estimate(y: Values, score: Values, groups: NDArray[np.generic] | None = None) -> Estimate:
    """Estimate ROC AUC with its 95 % interval.

    DeLong, DeLong and Clarke-Pearson 1988, computed by midranks as in Sun and Xu 2014.

    Parameters
    ----------
    y
        Outcomes 0.0 and 1.0, at least two of each, shape (n,).
    score
        Scores, higher for the positive class, shape (n,).
    groups
        Group of each row, shape (n,), if rows of a group are not independent.
    """
    areas, covariance = _areas(y, score[None, :], groups)
    reach = _Z * float(np.sqrt(covariance[0, 0]))
    area = float(areas[0])
    return Estimate(value=area, lower=max(0.0, area - reach), upper=min(1.0, area + reach))


def delong_test(
    y: Values, candidate: Values, champion: Values, groups: NDArray[np.generic] | None = None
) -> PairedTest:
    """Test whether the ROC AUC of two models differs on the same rows.

    Parameters
    ----------
    y
        Outcomes 0.0 and 1.0, at least two of each, shape (n,).
    candidate, champion
        The two models' scores, shape (n,).
    groups
        Group of each row, shape (n,), if rows of a group are not independent.
    """
    areas, covariance = _areas(y, np.vstack([candidate, champion]), groups)
    difference = float(areas[0] - areas[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2.0 * covariance[0, 1])
    deviation = float(np.sqrt(max(variance, 0.0)))
    return PairedTest(
        name="DeLong",
        metric=Metric.ROC_AUC,
        candidate=float(areas[0]),
        champion=float(areas[1]),
        difference=difference,
        lower=difference - _Z * deviation,
        upper=difference + _Z * deviation,
        p_value=_p_value(difference, deviation),
    )


def _p_value(difference: float, deviation: float) -> float:
    if deviation == 0.0:  # the models rank all rows identically, or separate them perfectly
        return 1.0 if difference == 0.0 else 0.0
    return 2.0 * _NORMAL.cdf(-abs(difference) / deviation)


def _areas(y: Values, scores: Values, groups: NDArray[np.generic] | None) -> tuple[Values, Values]:
    """Return areas, shape (models,), and their covariance, from scores, shape (models, n)."""
    positive = y > 0
    positives, negatives = int(positive.sum()), int((~positive).sum())
    ranks = rankdata(scores, axis=1)
    above = ranks[:, positive] - rankdata(scores[:, positive], axis=1)
    below = ranks[:, ~positive] - rankdata(scores[:, ~positive], axis=1)
    outranked = above / negatives  # share of negatives below each positive
    outranking = 1.0 - below / positives  # share of positives above each negative
    areas = outranked.mean(axis=1)
    if groups is not None:
        parts = np.empty_like(scores)
        parts[:, positive] = (outranked - areas[:, None]) / positives
        parts[:, ~positive] = (outranking - areas[:, None]) / negatives
        return areas, _grouped_covariance(parts, groups)
    covariance = _covariance(outranked) / positives + _covariance(outranking) / negatives
    return areas, covariance


def _grouped_covariance(parts: Values, groups: NDArray[np.generic]) -> Values:
    """Return the covariance of sums of the rows' parts, shape (models, n) (Obuchowski 1997)."""
    codes = np.unique(groups, return_inverse=True)[1]
    count = int(codes.max()) + 1
    sums = np.vstack([np.bincount(codes, weights=row, minlength=count) for row in parts])
    return np.asarray(count / max(1, count - 1) * sums @ sums.T)


def _covariance(values: Values) -> Values:
    return np.atleast_2d(np.cov(values))
