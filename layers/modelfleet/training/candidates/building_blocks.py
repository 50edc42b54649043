"""Building blocks for the models' estimators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from modelfleet.spec.features import Column, ColumnKind, inputs_of
from modelfleet.training.candidates.normal_scores import NormalScores

_MOST_CATEGORIES = 50


@dataclass(frozen=True)
class Real:
    """A real-valued parameter with inclusive bounds; `log` samples on a logarithmic scale."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Whole:
    """An integer parameter with inclusive bounds; `log` samples on a logarithmic scale."""

    low: int
    high: int
    log: bool = False


SearchSpace = Mapping[str, Real | Whole]
"""Parameters to tune, by name as in `set_params` of the candidate's pipeline."""


def impute() -> SimpleImputer:
    """Return a median imputer, for estimators that do not support NaN."""
    return SimpleImputer(strategy="median", keep_empty_features=True)


def linear_inputs(columns: tuple[Column, ...]) -> ColumnTransformer:
    """Return the preprocessing of the matrix for a linear model.

    Numbers become normal scores. Categories are one-hot encoded, because their codes are not
    ordinal; if there are many, they are treated as numbers, because their codes are in the order of
    the mean target. Trees need none of this.
    """
    kinds = [each.column.kind for each in inputs_of(columns)]
    categories = tuple(i for i, kind in enumerate(kinds) if kind is ColumnKind.CATEGORY)
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer(
        [
            ("numbers", NormalScores(), Numbers(categories)),
            ("categories", one_hot, FewCategories(categories)),
        ]
    )


@dataclass(frozen=True)
class FewCategories:
    """Selects the categorical columns of a matrix that have few values."""

    categories: tuple[int, ...]

    def __call__(self, X: NDArray[np.float64]) -> list[int]:
        """Return positions in the matrix, shape (n, columns)."""
        return [i for i in self.categories if np.unique(X[:, i]).size <= _MOST_CATEGORIES]


@dataclass(frozen=True)
class Numbers:
    """Selects all other columns of a matrix."""

    categories: tuple[int, ...]

    def __call__(self, X: NDArray[np.float64]) -> list[int]:
        """Return positions in the matrix, shape (n, columns)."""
        few = FewCategories(self.categories)(X)
        return [i for i in range(X.shape[1]) if i not in few]


def logistic_regression(columns: tuple[Column, ...]) -> Pipeline:
    """Return logistic regression on the encoded matrix, with its preprocessing."""
    return Pipeline(
        [("prepare", linear_inputs(columns)), ("classify", LogisticRegression(max_iter=1_000))]
    )


def soft_voting(members: Mapping[str, Any], weights: Sequence[float]) -> VotingClassifier:
    """Return a weighted soft-voting classifier in a form that the export can convert."""
    return VotingClassifier(
        list(members.items()), voting="soft", weights=np.array(weights), flatten_transform=False
    )
