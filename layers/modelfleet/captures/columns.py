"""A window's predictions as one array per column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.features import Column, ColumnKind
from modelfleet.statistics.drift.bins import Categories

Values = NDArray[np.float64] | Categories


@dataclass(frozen=True)
class WindowColumns:
    """Predictions, column by column and row by row in the same order.

    `features` has float64 with NaN for missing, shape (rows,), or categories; features with
    personal data are in no capture and not in here. `predictions` are probabilities or values,
    float64, shape (rows,); of more than two classes they are the likeliest one's, and `labels` say
    which it is. `share` is what was kept of the window.
    """

    rows: int
    features: Mapping[str, Values]
    predictions: NDArray[np.float64]
    share: float = 1.0
    labels: Categories | None = None


def watched(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns that captures hold."""
    return tuple(column for column in columns if not column.personal_data)


def columns_of(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    predictions: Sequence[float] | NDArray[np.float64],
) -> WindowColumns:
    """Turn rows of features, `None` or no key for missing, into columns."""
    features = {
        column.name: values_of(column, [row.get(column.name) for row in rows])
        for column in watched(columns)
    }
    return WindowColumns(len(rows), features, np.asarray(predictions, dtype=np.float64))


def values_of(column: Column, values: Sequence[Any] | NDArray[np.object_]) -> Values:
    """Turn a column's values, `None` for missing, into an array of its kind."""
    if column.kind is not ColumnKind.CATEGORY:
        return np.array(values, dtype=np.float64)
    codes: dict[Any, int] = {None: -1}
    found = [codes.setdefault(value, len(codes) - 1) for value in values]
    names = tuple(map(str, list(codes)[1:]))
    return Categories(names, np.array(found, dtype=np.int32))
