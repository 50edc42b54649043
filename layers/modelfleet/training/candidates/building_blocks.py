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

from modelfleet.spec.features import Column, ColumnKind


@dataclass(frozen=True)
class Real:
    """A parameter between two values, both included; `log` searches by orders of magnitude."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Whole:
    """A whole-numbered parameter between two values, both included."""

    low: int
    high: int
    log: bool = False


SearchSpace = Mapping[str, Real | Whole]
"""By the parameter's name as `set_params` of the candidate's pipeline takes it."""


def impute() -> SimpleImputer:
    """Fill missing numbers with the column's median, for what cannot take NaN."""
    return SimpleImputer(strategy="median", keep_empty_features=True)


def linear_inputs(columns: tuple[Column, ...]) -> ColumnTransformer:
    """Prepare the matrix for a linear model.

    Numbers are imputed and scaled; each category gets a column of its own, because the distance
    between two codes means nothing to it. Trees need none of this.
    """
    numbers = [i for i, column in enumerate(columns) if column.kind is not ColumnKind.CATEGORY]
    categories = [i for i, column in enumerate(columns) if column.kind is ColumnKind.CATEGORY]
    scaled = Pipeline([("impute", impute()), ("scale", StandardScaler())])
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts = [("numbers", scaled, numbers), ("categories", one_hot, categories)]
    return ColumnTransformer([part for part in parts if part[2]])


def logistic_regression(columns: tuple[Column, ...]) -> Pipeline:
    """Logistic regression over the encoded matrix, with the preparation that it needs."""
    return Pipeline(
        [("prepare", linear_inputs(columns)), ("classify", LogisticRegression(max_iter=1_000))]
    )


def soft_voting(members: Mapping[str, Any], weights: Sequence[float]) -> VotingClassifier:
    """Average the members' probabilities with weights, in a form that the export can convert."""
    return VotingClassifier(
        list(members.items()), voting="soft", weights=np.array(weights), flatten_transform=False
    )
