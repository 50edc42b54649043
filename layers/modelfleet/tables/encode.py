"""Encoder of rows, the first step of every pipeline."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from modelfleet.spec.dates import DatePart
from modelfleet.spec.features import Column, ColumnKind, Input, inputs_of
from modelfleet.spec.words import folded
from modelfleet.statistics.metrics.class_measures import one_hot
from modelfleet.tables.date_parts import first_day, moments, part_numbers
from modelfleet.tables.encoding import ColumnEncoding, RowEncoding

Matrix = NDArray[np.float64]

# Prior weight, in rows, of the overall mean in each category's mean (m-estimate, Micci-Barreca
# 2001); without it, a category seen once would be at an end of the order.
_PRIOR_ROWS = 20.0


class RowEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Encoder of feature columns as the model's input matrix.

    Dates become one number for each part that the spec names.

    The code of a category is twice its rank by mean target: splits on that order are optimal for
    trees (Fisher 1958; Hastie, Tibshirani and Friedman 2009, section 9.2.4). For multiclass
    targets, categories are ranked by the first principal component of their class shares
    (Coppersmith, Hong and Hosking 1999, "Partitioning nominal attributes in decision trees").
    Categories not seen in training get the odd code at the position of the overall mean.

    Numbers are rounded to float32, the input type of the exported model, so that the fitted
    pipeline and the export see the same values, also at the thresholds of trees.

    Parameters
    ----------
    columns
        Columns in the order of the model's input.
    classes
        Number of classes of a multiclass target, which is given as indices; 0 for other targets.

    Attributes
    ----------
    encoding_ : RowEncoding
        Fitted encoding, which bundles can store.
    """

    def __init__(self, columns: tuple[Column, ...], classes: int = 0) -> None:
        self.columns = columns
        self.classes = classes

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> Self:
        """Learn the codes of categories.

        Parameters
        ----------
        X
            Training rows, shape (n, columns).
        y
            Target, shape (n,).
        """
        target = np.asarray(y, dtype=np.float64)
        if self.classes:
            target = one_hot(target, self.classes)
        self.encoding_ = RowEncoding(
            columns=tuple(
                _fit_column(each, X[each.source.name], target) for each in inputs_of(self.columns)
            )
        )
        return self

    def transform(self, X: pd.DataFrame) -> Matrix:
        """Encode rows as float64 rounded to float32 precision, shape (n, encodings)."""
        columns = self.encoding_.columns
        dates = {name: moments(X[name]) for name in {c.name for c in columns if c.part}}
        encoded = [
            part_numbers(dates[column.name], column.part, column.since)
            if column.part is not None
            else _encode(column, X[column.name])
            for column in columns
        ]
        return np.column_stack(encoded).astype(np.float32).astype(np.float64)


def as_rows(frame: pd.DataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return rows as in requests: dicts with `None` if missing."""
    values = [_or_none(frame[name]) for name in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def _or_none(values: pd.Series) -> list[Any]:
    missing = values.isna().to_list()
    return [None if gap else value for value, gap in zip(values.to_list(), missing, strict=True)]


def _fit_column(given: Input, values: pd.Series, target: Matrix) -> ColumnEncoding:
    column = given.source
    if given.part is not None:
        since = first_day(moments(values)) if given.part is DatePart.DAYS else 0
        return ColumnEncoding(name=column.name, part=given.part, since=since)
    if column.kind is not ColumnKind.CATEGORY:
        return ColumnEncoding(name=column.name)
    # Listed categories were matched in validation; texts that are learned are matched here.
    listed = dict(zip(column.categories, column.categories, strict=True))
    spelled = values.map(lambda text: listed.get(text) or folded(text), na_action="ignore")
    means, overall = _places(spelled, target)
    order = sorted(means, key=lambda value: (means[value], value is not None, value))
    codes = {value: 2.0 * rank for rank, value in enumerate(order)}
    unseen = 2.0 * sum(mean < overall for mean in means.values()) - 1.0
    missing = codes.pop(None, unseen)
    pairs = zip(values.dropna(), spelled.dropna(), strict=True)
    return ColumnEncoding(
        name=column.name,
        codes={str(value): codes[str(key)] for value, key in dict(pairs).items()},
        unseen_code=unseen,
        missing_code=missing,
    )


def _places(values: pd.Series, target: Matrix) -> tuple[dict[str | None, float], float]:
    """Return the score by which each category is ordered, and the overall score."""
    if target.ndim == 1:
        overall = float(target.mean())
        return _smoothed_means(values, target, overall), overall
    middle = target.mean(axis=0)
    each = [_smoothed_means(values, target[:, k], middle[k]) for k in range(middle.size)]
    shares = np.column_stack([list(means.values()) for means in each]) - middle
    # Each group-by has the same order of categories.
    counts = values.groupby(values, dropna=False).size().to_numpy(dtype=np.float64)
    weighted = np.sqrt(counts)[:, None] * shares
    line = np.linalg.svd(weighted, full_matrices=False)[2][0]
    # The sign of a singular vector is arbitrary; fix it, so that the codes are reproducible.
    line *= np.sign(line[np.abs(line).argmax()]) or 1.0
    return dict(zip(each[0], (shares @ line).tolist(), strict=True)), 0.0


def _smoothed_means(values: pd.Series, target: Matrix, overall: float) -> dict[str | None, float]:
    """Return the smoothed mean target per category, under `None` for missing values."""
    groups = pd.Series(target, index=values.index).groupby(values, dropna=False)
    sums, counts = groups.sum(), groups.count()
    means = (sums + _PRIOR_ROWS * overall) / (counts + _PRIOR_ROWS)
    names = [None if isinstance(value, float) else str(value) for value in means.index]
    return dict(zip(names, means.to_list(), strict=True))


def _encode(column: ColumnEncoding, values: pd.Series) -> Matrix:
    if column.codes is None:
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    codes = np.array(values.map(column.codes), dtype=np.float64)
    missing = values.isna().to_numpy()
    unknown = np.isnan(codes) & ~missing
    codes[unknown] = [column.spelled_code(value) for value in values[unknown]]
    return np.where(missing, column.missing_code, codes)
