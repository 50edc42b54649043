"""A window's predictions as one array per column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.features import Column, ColumnKind, Input, profiled
from modelfleet.statistics.drift.bins import Categories
from modelfleet.tables.date_parts import profiled_numbers

Values = NDArray[np.float64] | Categories


@dataclass(frozen=True)
class WindowColumns:
    """Columns of predictions, all with the rows in the same order.

    `features` are float64 arrays, shape (rows,), with NaN for missing values, or categories; a date
    has its days and, if the model uses it, its hour. Personal data are never captured.
    `predictions` are probabilities or values, float64, shape (rows,); for multiclass models, they
    are the probabilities of the predicted classes in `labels`. `share` is the share of the window's
    predictions that was kept. `asked` is the number of the window's predictions by any version, and
    `clients` are the IDs of the API keys that requested them; the empty one is unknown.
    `made_at` are the times of the predictions in UTC, datetime64[us], shape (rows,).
    """

    rows: int
    features: Mapping[str, Values]
    predictions: NDArray[np.float64]
    share: float = 1.0
    labels: Categories | None = None
    asked: int = 0
    clients: frozenset[str] = frozenset()
    made_at: NDArray[np.datetime64] = field(
        default_factory=lambda: np.empty(0, dtype="datetime64[us]")
    )


def watched(columns: Sequence[Column]) -> tuple[Input, ...]:
    """Return the captured columns, and the hours of dates."""
    return tuple(profiled([column for column in columns if not column.personal_data]))


def columns_of(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    predictions: Sequence[float] | NDArray[np.float64],
) -> WindowColumns:
    """Convert rows of features to columns; `None` or an absent key is a missing value."""
    features = {
        each.column.name: values_of(each, [row.get(each.source.name) for row in rows])
        for each in watched(columns)
    }
    return WindowColumns(len(rows), features, np.asarray(predictions, dtype=np.float64))


def values_of(given: Input, values: Sequence[Any] | NDArray[np.object_]) -> Values:
    """Convert a column's values to an array of its kind; `None` is a missing value."""
    if given.source.kind is ColumnKind.DATE:
        return profiled_numbers(given, values)
    if given.source.kind is not ColumnKind.CATEGORY:
        return np.array(values, dtype=np.float64)
    codes: dict[Any, int] = {None: -1}
    found = [codes.setdefault(value, len(codes) - 1) for value in values]
    names = tuple(map(str, list(codes)[1:]))
    return Categories(names, np.array(found, dtype=np.int32))
