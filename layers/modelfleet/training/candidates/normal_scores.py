"""Numbers as normal scores, for linear models."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn.base import BaseEstimator, TransformerMixin

Matrix = NDArray[np.float64]


class NormalScores(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Transformer of numbers to the normal scores of their ranks (van der Waerden 1952).

    Outliers and units do not matter, and the curve is linear between a few quantiles, which exports
    exactly. A missing value gets the score 0, that of the median, and, for columns with missing
    values in training, an indicator.

    Parameters
    ----------
    knots
        Most quantiles per column.

    Attributes
    ----------
    curves_ : list of tuple
        Per column, increasing values and their scores.
    gaps_ : ndarray
        Columns with missing values in training.
    """

    def __init__(self, knots: int = 64) -> None:
        self.knots = knots

    def fit(self, X: Matrix, y: Any = None) -> Self:  # noqa: ARG002 -- scikit-learn's signature
        """Learn the curves from training rows, shape (n, columns)."""
        self.curves_ = [_curve(column[~np.isnan(column)], self.knots) for column in X.T]
        self.gaps_ = np.flatnonzero(np.isnan(X).any(axis=0))
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Matrix) -> Matrix:
        """Return the scores, then the indicators, shape (n, columns + columns with gaps)."""
        missing = np.isnan(X)
        curves = zip(self.curves_, X.T, strict=True)
        scores = np.column_stack([np.interp(column, *curve) for curve, column in curves])
        return np.hstack([np.where(missing, 0.0, scores), missing[:, self.gaps_]])


def _curve(values: Matrix, knots: int) -> tuple[Matrix, Matrix]:
    """Return increasing values and the scores of their middle ranks, at least one of each."""
    if not values.size:
        return np.zeros(1), np.zeros(1)
    found, counts = np.unique(values, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2.0) / values.size
    if found.size > knots:
        wanted = np.linspace(middle[0], middle[-1], knots)
        kept = np.unique(np.searchsorted(middle, wanted).clip(max=found.size - 1))
        found, middle = found[kept], middle[kept]
    return found, ndtri(middle)
