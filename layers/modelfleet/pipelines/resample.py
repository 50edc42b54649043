"""Resampling of training rows by the imbalance rule that a model declares."""

from typing import Any

import numpy as np
from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC
from imblearn.pipeline import Pipeline
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler

from modelfleet.domain.features import Column, ColumnKind
from modelfleet.domain.spec import ModelSpec, Resampling
from modelfleet.pipelines.compose import impute

Matrix = NDArray[np.float64]
_CLASSES = 2


def resampled(spec: ModelSpec, classifier: Any, seed: int) -> Pipeline:
    """Put the declared resampling before a classifier, and what it needs before that."""
    resampler = Resampler(spec.features.columns(), spec.resampling, seed)
    return Pipeline([("impute", impute()), ("resample", resampler), ("classify", classifier)])


class Resampler(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Adds synthetic rows of the minority class until the declared imbalance ratio is reached.

    Where the majority outnumbers the minority by no more than the ratio, nothing is changed. As a
    sampler inside an imbalanced-learn pipeline it is given the rows that the pipeline is fitted on
    and never those that it predicts. Numbers are standardised for finding neighbours, so that no
    column's unit decides who is near; categories keep the codes that exist (SMOTE-NC, Chawla et al.
    2002, section 6.1).

    Parameters
    ----------
    columns
        The matrix's columns.
    rule
        The model's declaration.
    random_state
        Seed of the synthetic rows.
    """

    def __init__(self, columns: tuple[Column, ...], rule: Resampling, random_state: int) -> None:
        self.columns = columns
        self.rule = rule
        self.random_state = random_state

    def fit_resample(self, X: Matrix, y: Matrix) -> tuple[Matrix, Matrix]:
        """Resample training rows, shape (n, columns) without NaN, and outcomes, shape (n,)."""
        _, counts = np.unique(y, return_counts=True)
        neighbors = min(self.rule.neighbors, int(counts.min()) - 1)
        balanced = counts.max() <= self.rule.imbalance_ratio * counts.min()
        if self.rule.method == "none" or counts.size < _CLASSES or balanced or neighbors < 1:
            return X, y
        return self._oversample(X, y, neighbors)

    def _oversample(self, X: Matrix, y: Matrix, neighbors: int) -> tuple[Matrix, Matrix]:
        numeric = np.array([column.kind is not ColumnKind.CATEGORY for column in self.columns])
        scaled = X.copy()
        if numeric.any():
            scaler = StandardScaler().fit(X[:, numeric])
            scaled[:, numeric] = scaler.transform(X[:, numeric])
        rows, outcomes = self._sampler(numeric, neighbors).fit_resample(scaled, y)
        if numeric.any():
            rows[:, numeric] = scaler.inverse_transform(rows[:, numeric])
        rows[: len(X)] = X
        return rows, outcomes

    def _sampler(self, numeric: NDArray[np.bool_], neighbors: int) -> SMOTE:
        settings = {
            "sampling_strategy": 1.0 / self.rule.imbalance_ratio,
            "k_neighbors": neighbors,
            "random_state": self.random_state,
        }
        if numeric.all():
            return SMOTE(**settings)
        if not numeric.any():
            return SMOTEN(**settings)
        return SMOTENC(categorical_features=np.flatnonzero(~numeric).tolist(), **settings)
