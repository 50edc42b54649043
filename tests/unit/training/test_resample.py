"""Resampling: when it acts, on what, and what its rows look like."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from sklearn.base import BaseEstimator, ClassifierMixin

from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import Resampling
from modelfleet.training.candidates.folder import with_encoding
from modelfleet.training.candidates.resample import Resampler, resampled
from modelfleet.training.fit import fit
from tests.training import frame

RULE = Resampling(method="smote", imbalance_ratio=2.0)
COLUMNS = tuple(
    Column(name=kind.value, kind=kind, description="", example=1)
    for kind in (ColumnKind.NUMBER, ColumnKind.INTEGER, ColumnKind.CATEGORY)
)


def table(positive: int, negative: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows with a measurement, a whole number and a category's code."""
    rng = np.random.default_rng(0)
    rows = positive + negative
    X = np.column_stack(
        [rng.normal(size=rows), rng.integers(0, 5, rows), 2.0 * rng.integers(0, 3, rows)]
    )
    return X, np.repeat([1.0, 0.0], [positive, negative])


def test_minority_is_filled_up_to_the_ratio() -> None:
    """Where the ratio is exceeded, the minority grows until it is met, and no row is lost."""
    X, y = table(20, 200)
    rows, outcomes = Resampler(COLUMNS, RULE, 1).fit_resample(X, y)
    assert (outcomes == 1).sum() == 100
    assert (outcomes == 0).sum() == 200
    np.testing.assert_array_equal(rows[: len(X)], X)


@pytest.mark.parametrize(
    ("rule", "positive", "negative"),
    [
        (Resampling(method="smote", target_ratio=4.0), 60, 200),  # nearer than the target already
        (RULE, 100, 200),  # the ratio itself is not over the ratio
        (Resampling(method="none"), 10, 200),
        (RULE, 1, 200),  # a single row has no neighbour
    ],
)
def test_nothing_is_changed(rule: Resampling, positive: int, negative: int) -> None:
    """Balanced rows, a rule that is off and a single minority row leave everything as it is."""
    X, y = table(positive, negative)
    rows, outcomes = Resampler(COLUMNS, rule, 1).fit_resample(X, y)
    assert rows is X
    assert outcomes is y


@pytest.mark.parametrize("positive", [2, 3, 5])
def test_few_minority_rows_use_fewer_neighbors(positive: int) -> None:
    """There are never more neighbours than other minority rows."""
    X, y = table(positive, 200)
    _, outcomes = Resampler(COLUMNS, RULE, 1).fit_resample(X, y)
    assert (outcomes == 1).sum() == 100


def test_synthetic_rows_look_like_rows() -> None:
    """Whole numbers stay whole, categories exist, and measurements lie between real ones."""
    X, y = table(30, 300)
    rows, outcomes = Resampler(COLUMNS, RULE, 1).fit_resample(X, y)
    synthetic, real = rows[len(X) :], X[y == 1]
    assert set(outcomes[len(X) :]) == {1.0}
    assert set(synthetic[:, 1]) <= set(real[:, 1])
    assert set(synthetic[:, 2]) <= set(real[:, 2])
    assert real[:, 0].min() <= synthetic[:, 0].min()
    assert synthetic[:, 0].max() <= real[:, 0].max()
    assert not set(synthetic[:, 0]) <= set(real[:, 0])


class Witness(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """A classifier that remembers how many rows it was given."""

    fits: list[int] = []  # noqa: RUF012 -- shared on purpose: cross-fitting clones the witness
    predictions: list[int] = []  # noqa: RUF012 -- as above

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Witness":
        """Remember the rows of a fit."""
        self.fits.append(len(X))
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Remember the rows of a prediction."""
        self.predictions.append(len(X))
        positive = 1 / (1 + np.exp(-X[:, 0] / 100))
        return np.column_stack([1 - positive, positive])

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Scikit-learn asks whether there is one."""
        raise NotImplementedError


def test_only_training_rows_are_resampled() -> None:
    """Fits see synthetic rows; the rows that are scored, in folds or after, are the real ones."""
    Witness.fits.clear()
    Witness.predictions.clear()
    spec = find("leads")
    train, validation = frame("leads", Side.TRAIN), frame("leads", Side.VALIDATION)
    pipeline: Any = with_encoding(spec, resampled(spec, Witness(), 1))
    assert isinstance(pipeline, Pipeline)
    model = fit(spec, pipeline, train, 1)
    positive = int(train["subscribe"].sum())
    assert sum(Witness.predictions) == len(train)
    negative = len(train) - positive
    assert Witness.fits[-1] == pytest.approx(negative * (1 + 1 / 4), abs=1)
    assert len(model.predict(validation)) == len(validation)
    assert Witness.predictions[-1] == len(validation)


def test_frame_is_not_touched() -> None:
    """Fitting leaves the training rows as they were."""
    train = frame("telecom", Side.TRAIN)
    before = train.copy()
    spec = find("telecom")
    fit(spec, with_encoding(spec, resampled(spec, Witness(), 1)), train, 1)
    pd.testing.assert_frame_equal(train, before)
