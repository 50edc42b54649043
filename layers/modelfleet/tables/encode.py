"""Fits the encoding of rows, as the first step of every pipeline."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from modelfleet.spec.features import Column, ColumnKind
from modelfleet.statistics.metrics.class_measures import one_hot
from modelfleet.tables.encoding import ColumnEncoding, RowEncoding

Matrix = NDArray[np.float64]

# Rows of the overall mean that each category's mean is drawn towards (m-estimate, Micci-Barreca
# 2001): without them a category seen once would stand at an end of the order.
_PRIOR_ROWS = 20.0


class RowEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Turns a frame of feature columns into the matrix that models see.

    A category's code says where it stands when categories are sorted by the mean of the target:
    splits on that order are optimal for trees (Fisher 1958; Hastie, Tibshirani and Friedman 2009,
    section 9.2.4). More than two classes have no mean; there categories are sorted along the line
    on which their shares of the classes differ most (Coppersmith, Hong and Hosking 1999,
    "Partitioning nominal attributes in decision trees"). Codes are even; the odd ones between them
    are for categories that training never saw, which stand where the overall mean stands.

    Numbers are rounded to float32, because that is what the exported model is given: the fitted
    pipeline and the export see the same values, also at the thresholds of trees.

    Parameters
    ----------
    columns
        The model's columns, in the order in which it sees them.
    classes
        How many classes the target has, where they are more than two; then it is their index.

    Attributes
    ----------
    encoding_ : RowEncoding
        What was learned, as data that a bundle can carry.
    """

    def __init__(self, columns: tuple[Column, ...], classes: int = 0) -> None:
        self.columns = columns
        self.classes = classes

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> Self:
        """Learn the categories' codes from training rows, shape (n, columns), and their target."""
        target = np.asarray(y, dtype=np.float64)
        if self.classes:
            target = one_hot(target, self.classes)
        self.encoding_ = RowEncoding(
            columns=tuple(_fit_column(column, X[column.name], target) for column in self.columns)
        )
        return self

    def transform(self, X: pd.DataFrame) -> Matrix:
        """Encode rows; returns float64 of float32 precision, shape (n, columns)."""
        encoded = [_encode(column, X[column.name]) for column in self.encoding_.columns]
        return np.column_stack(encoded).astype(np.float32).astype(np.float64)


def as_rows(frame: pd.DataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Rows as requests carry them: dicts with `None` for missing."""
    values = [_or_none(frame[name]) for name in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def _or_none(values: pd.Series) -> list[Any]:
    missing = values.isna().to_list()
    return [None if gap else value for value, gap in zip(values.to_list(), missing, strict=True)]


def _fit_column(column: Column, values: pd.Series, target: Matrix) -> ColumnEncoding:
    if column.kind is not ColumnKind.CATEGORY:
        return ColumnEncoding(name=column.name)
    means, overall = _places(values, target)
    order = sorted(means, key=lambda value: (means[value], value is not None, value))
    codes = {value: 2.0 * rank for rank, value in enumerate(order)}
    unseen = 2.0 * sum(mean < overall for mean in means.values()) - 1.0
    missing = codes.pop(None, unseen)
    return ColumnEncoding(
        name=column.name,
        codes={str(value): code for value, code in codes.items()},
        unseen_code=unseen,
        missing_code=missing,
    )


def _places(values: pd.Series, target: Matrix) -> tuple[dict[str | None, float], float]:
    """Where each category stands, and where all rows together do."""
    if target.ndim == 1:
        overall = float(target.mean())
        return _smoothed_means(values, target, overall), overall
    middle = target.mean(axis=0)
    each = [_smoothed_means(values, target[:, k], middle[k]) for k in range(middle.size)]
    shares = np.column_stack([list(means.values()) for means in each]) - middle
    # All of them are grouped in the same order.
    counts = values.groupby(values, dropna=False).size().to_numpy(dtype=np.float64)
    weighted = np.sqrt(counts)[:, None] * shares
    line = np.linalg.svd(weighted, full_matrices=False)[2][0]
    # Which way it points is arbitrary; the same rows must have the same codes.
    line *= np.sign(line[np.abs(line).argmax()]) or 1.0
    return dict(zip(each[0], (shares @ line).tolist(), strict=True)), 0.0


def _smoothed_means(values: pd.Series, target: Matrix, overall: float) -> dict[str | None, float]:
    """Mean target per category, `None` for the rows in which it is missing."""
    groups = pd.Series(target, index=values.index).groupby(values, dropna=False)
    sums, counts = groups.sum(), groups.count()
    means = (sums + _PRIOR_ROWS * overall) / (counts + _PRIOR_ROWS)
    names = [None if isinstance(value, float) else str(value) for value in means.index]
    return dict(zip(names, means.to_list(), strict=True))


def _encode(column: ColumnEncoding, values: pd.Series) -> Matrix:
    if column.codes is None:
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    codes = values.map(column.codes).to_numpy(dtype=np.float64, na_value=np.nan)
    codes = np.where(np.isnan(codes), column.unseen_code, codes)
    return np.where(values.isna().to_numpy(), column.missing_code, codes)
