"""Slices: groups of rows by one column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.spec.features import Column

MISSING = "missing"
# Without declared categories, only the most frequent ones become groups.
_OPEN_GROUPS = 20


@dataclass(frozen=True)
class Group:
    """Mask of the rows, shape (n,), with one category or a number between two edges."""

    column: str
    name: str
    rows: NDArray[np.bool_]


def groups(column: Column, values: pd.Series, edges: Sequence[float]) -> Iterator[Group]:
    """Yield the groups of one column.

    Parameters
    ----------
    column
        A categorical column, or a numeric column with edges.
    values
        Values of the column, shape (n,).
    edges
        Ascending boundaries of numeric groups; a value on an edge belongs to the group above.
    """
    if edges:
        yield from _between(column.name, values.to_numpy(dtype=np.float64, na_value=np.nan), edges)
    else:
        for category in column.categories or _most_frequent(values):
            rows = (values == category).to_numpy(dtype=np.bool_, na_value=False)
            yield Group(column.name, category, rows)
    missing = values.isna().to_numpy()
    if missing.any():
        yield Group(column.name, MISSING, missing)


def _between(name: str, values: NDArray[np.float64], edges: Sequence[float]) -> Iterator[Group]:
    yield Group(name, f"below {edges[0]:g}", values < edges[0])
    for low, high in pairwise(edges):
        yield Group(name, f"{low:g} to below {high:g}", (low <= values) & (values < high))
    yield Group(name, f"{edges[-1]:g} or more", values >= edges[-1])


def _most_frequent(values: pd.Series) -> list[str]:
    return [str(name) for name in values.value_counts().index[:_OPEN_GROUPS]]
