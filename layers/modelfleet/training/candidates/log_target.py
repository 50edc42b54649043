"""Regression of the logarithm of a positive target."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import skew
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone

Values = NDArray[np.float64]

# Above it, a few large values dominate the squared errors.
_SKEWED = 1.0
# Fewer different values are rather grades than amounts.
_VALUES = 10


def is_skewed(y: Values) -> bool:
    """Return whether a target, shape (n,), is positive and its logarithm clearly less skewed."""
    if np.unique(y).size < _VALUES or not (y > 0).all():
        return False
    plain = float(skew(y))
    return plain > _SKEWED and abs(float(skew(np.log(y)))) < plain / 2


class LogTarget(MetaEstimatorMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """Regressor that fits another one to the logarithm of the target.

    The exponential of a predicted mean logarithm is the median rather than the mean of a skewed
    target. `scale` corrects that for metrics of squared errors (Duan 1983, with the factor taken
    from rows that the regressor was not fitted on).

    Parameters
    ----------
    regressor
        Regressor of the logarithm; cloned by `fit`.
    scale
        Factor of the predictions.
    """

    def __init__(self, regressor: Any, scale: float = 1.0) -> None:
        self.regressor = regressor
        self.scale = scale

    def fit(self, X: Values, y: Values) -> Self:
        """Fit to rows, shape (n, columns), and their positive targets, shape (n,)."""
        self.regressor_ = clone(self.regressor)
        self.regressor_.fit(X, self.learned(y))
        return self

    def learned(self, y: Values) -> Values:
        """Return what the regressor learns, shape (n,): the logarithm, less its mean on these rows.

        Without the mean, float32 sums of many trees are more exact.

        Raises
        ------
        ValueError
            If a target is not positive.
        """
        if not (y > 0).all():
            raise ValueError(f"the logarithm of the target {y.min():g} is undefined")
        logarithm = np.log(y)
        self.level_ = float(logarithm.mean())
        return np.asarray(logarithm - self.level_)

    @property
    def factor_(self) -> float:
        """Factor of the exponential of what the regressor predicts."""
        return float(self.scale * np.exp(self.level_))

    def predict(self, X: Values) -> Values:
        """Return values, shape (n,)."""
        return np.asarray(self.factor_ * np.exp(self.regressor_.predict(X)))


def squared_error_scale(y: Values, predicted: Values) -> float:
    """Return the factor of the predictions with the least squared error."""
    return float((y * predicted).sum() / (predicted**2).sum())
