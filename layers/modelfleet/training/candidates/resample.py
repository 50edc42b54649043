"""Resampling of training rows by the declared imbalance rule."""

from typing import Any

import numpy as np
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors

from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec, Resampling
from modelfleet.training.candidates.building_blocks import impute

Matrix = NDArray[np.float64]
_CLASSES = 2
_HALF = 0.5


def resampled(spec: ModelSpec, classifier: Any, seed: int) -> Pipeline:
    """Put the declared resampling before a classifier, and what it needs before that."""
    resampler = Resampler(spec.features.columns(), spec.resampling, seed)
    return Pipeline([("impute", impute()), ("resample", resampler), ("classify", classifier)])


class Resampler(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Adds synthetic rows of each minority class until the declared target ratio is reached.

    Where the majority outnumbers a minority by no more than the imbalance ratio, nothing is
    changed. As a sampler inside an imbalanced-learn pipeline it is given the rows that the pipeline
    is fitted on and never those that it predicts. Neighbours are found on standardised columns, so
    that no column's unit decides who is near.

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
        limit = max(self.rule.imbalance_ratio, self.rule.target_ratio)
        balanced = counts.max() <= limit * counts.min()
        if self.rule.method == "none" or counts.size < _CLASSES or balanced or neighbors < 1:
            return X, y
        rows, outcomes = self._smote(X, neighbors, self._strategy(y)).fit_resample(X, y)
        return rows, outcomes

    def _strategy(self, y: Matrix) -> float | dict[float, int]:
        """What is wanted: a ratio of two classes, or how many rows each of more is to have."""
        names, counts = np.unique(y, return_counts=True)
        if counts.size == _CLASSES:
            return 1.0 / self.rule.target_ratio
        wanted = int(counts.max() / self.rule.target_ratio)
        limit = max(self.rule.imbalance_ratio, self.rule.target_ratio)
        rare = counts * limit < counts.max()
        pairs = zip(names[rare].tolist(), counts[rare].tolist(), strict=True)
        return {name: max(wanted, count) for name, count in pairs}

    def _smote(self, X: Matrix, neighbors: int, strategy: float | dict[float, int]) -> SMOTE:
        variances = X.var(axis=0)
        near = NearestNeighbors(
            n_neighbors=neighbors + 1,  # a row is the nearest to itself
            metric="seuclidean",
            metric_params={"V": np.where(variances > 0, variances, 1.0)},
        )
        return MixedSmote(
            continuous=np.array([column.kind is ColumnKind.NUMBER for column in self.columns]),
            sampling_strategy=strategy,
            random_state=self.random_state,
            k_neighbors=near,
        )


class MixedSmote(SMOTE):  # type: ignore[misc]  # imbalanced-learn is untyped
    """SMOTE for rows that are not all measurements.

    A synthetic row lies between a row and one of its neighbours, with a gap of its own for each
    column (Chawla et al. 2002, figure 3). Whole numbers and categories take the nearer parent's
    value: half a product, or a category between two others, would tell synthetic rows from real
    ones, and the commonest category among the neighbours (SMOTE-NC) would thin out the rare ones.

    Parameters
    ----------
    continuous
        Which columns are measurements, shape (columns,).
    sampling_strategy, random_state, k_neighbors
        As in imbalanced-learn.
    """

    def __init__(
        self,
        *,
        continuous: NDArray[np.bool_],
        sampling_strategy: float | dict[float, int],
        random_state: int,
        k_neighbors: NearestNeighbors,
    ) -> None:
        super().__init__(
            sampling_strategy=sampling_strategy, random_state=random_state, k_neighbors=k_neighbors
        )
        self.continuous = continuous

    def _generate_samples(
        self,
        X: Matrix,
        nn_data: Matrix,
        nn_num: NDArray[np.int64],
        rows: NDArray[np.int64],
        cols: NDArray[np.int64],
        steps: Matrix,  # noqa: ARG002 -- one gap a row, where each column gets its own here
        y_type: float | None = None,  # noqa: ARG002
        y: Matrix | None = None,  # noqa: ARG002
    ) -> Matrix:
        parent, neighbor = X[rows], nn_data[nn_num[rows, cols]]
        gap = np.random.default_rng(self.random_state).random(parent.shape)
        between = parent + gap * (neighbor - parent)
        return np.where(self.continuous, between, np.where(gap < _HALF, parent, neighbor))
