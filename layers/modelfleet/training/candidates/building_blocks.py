"""Building blocks for the models' estimators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from modelfleet.spec.features import Column, ColumnKind, inputs_of


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

    Numeric columns are imputed and scaled, categorical ones are one-hot encoded, because their
    codes are not ordinal. Trees need neither.
    """
    kinds = [each.column.kind for each in inputs_of(columns)]
    numbers = [i for i, kind in enumerate(kinds) if kind is not ColumnKind.CATEGORY]
    categories = [i for i, kind in enumerate(kinds) if kind is ColumnKind.CATEGORY]
    scaled = Pipeline([("impute", impute()), ("scale", StandardScaler())])
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts = [("numbers", scaled, numbers), ("categories", one_hot, categories)]
    return ColumnTransformer([part for part in parts if part[2]])


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
