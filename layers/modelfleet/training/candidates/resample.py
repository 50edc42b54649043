"""Resampling of training rows by the declared rule."""

from typing import Any

import numpy as np
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors

from modelfleet.spec.features import Column, ColumnKind, inputs_of
from modelfleet.spec.model import ModelSpec, Resampling
from modelfleet.training.candidates.building_blocks import impute

Matrix = NDArray[np.float64]
_CLASSES = 2
_HALF = 0.5


def resampled(spec: ModelSpec, classifier: Any, seed: int) -> Pipeline:
    """Return a pipeline of imputation, the declared resampling, and a classifier."""
    resampler = Resampler(spec.features.columns(), spec.resampling, seed)
    return Pipeline([("impute", impute()), ("resample", resampler), ("classify", classifier)])


def is_imbalanced(rule: Resampling, y: Matrix) -> bool:
    """Return whether the rule applies to the classes of a target, shape (n,)."""
    if rule.method == "none":
        return False
    _, counts = np.unique(y, return_counts=True)
    limit = max(rule.imbalance_ratio, rule.target_ratio)
    return counts.size >= _CLASSES and bool(counts.max() > limit * counts.min())


class Resampler(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Sampler that adds synthetic rows of minority classes up to the declared target ratio.

    Nothing changes if the majority class outnumbers a minority class by at most the imbalance
    ratio. In an imbalanced-learn pipeline, a sampler acts on the rows of `fit`, never on those of
    `predict`. Neighbours are searched on standardized columns, so that units do not matter.

    Parameters
    ----------
    columns
        Features, in the order of the matrix.
    rule
        Declared resampling.
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
        if not is_imbalanced(self.rule, y) or neighbors < 1:
            return X, y
        rows, outcomes = self._smote(X, neighbors, self._strategy(y)).fit_resample(X, y)
        return rows, outcomes

    def _strategy(self, y: Matrix) -> float | dict[float, int]:
        """Return the target ratio of two classes, or the target row counts of several."""
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
            continuous=np.array(
                [each.column.kind is ColumnKind.NUMBER for each in inputs_of(self.columns)]
            ),
            sampling_strategy=strategy,
            random_state=self.random_state,
            k_neighbors=near,
        )


class MixedSmote(SMOTE):  # type: ignore[misc]  # imbalanced-learn is untyped
    """SMOTE for rows with both continuous and discrete columns.

    A synthetic row lies between a row and one of its neighbours, with a separate gap for each
    column (Chawla et al. 2002, figure 3). Integers and categories take the value of the nearer
    parent: interpolated ones would distinguish synthetic rows from real ones, and the most frequent
    category of the neighbours (SMOTE-NC) would make rare categories rarer.

    Parameters
    ----------
    continuous
        Mask of the continuous columns, shape (columns,).
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
        steps: Matrix,  # noqa: ARG002 -- one gap per row; here, each column has its own
        y_type: float | None = None,  # noqa: ARG002
        y: Matrix | None = None,  # noqa: ARG002
    ) -> Matrix:
        parent, neighbor = X[rows], nn_data[nn_num[rows, cols]]
        gap = np.random.default_rng(self.random_state).random(parent.shape)
        between = parent + gap * (neighbor - parent)
        return np.where(self.continuous, between, np.where(gap < _HALF, parent, neighbor))
