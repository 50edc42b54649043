"""The columns that make slices and groups, and their rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from modelfleet.evaluation.slices import MISSING, Group, groups
from modelfleet.pages.text import one_line
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec

_LONGEST_NAME = 200
UNDECLARED = "other values"
NO_EDGES = "a number without groups; declare its edges in slices.columns"
A_DATE = "a date; it has no groups"


def sliced(spec: ModelSpec) -> Mapping[str, Sequence[float]]:
    """Return the edges of each column that makes slices."""
    return spec.slices.columns if spec.slices else {}


def sensitive(spec: ModelSpec) -> Sequence[Column]:
    """Return the sensitive columns, in the order of their declaration."""
    return [column for column in spec.features.columns() if column.sensitive]


def needed(spec: ModelSpec) -> Sequence[str]:
    """Return the names of all columns that make slices or groups."""
    return tuple(dict.fromkeys((*sliced(spec), *(column.name for column in sensitive(spec)))))


def without_groups(spec: ModelSpec, column: Column) -> str:
    """Return why a sensitive column has no groups; empty if it has."""
    if column.kind is ColumnKind.DATE:
        return A_DATE
    numeric = column.kind is not ColumnKind.CATEGORY
    return NO_EDGES if numeric and column.name not in sliced(spec) else ""


def small_name(column: Column, group: Group) -> str:
    """Return how a small group of a sensitive column is called; an undeclared value is not told."""
    declared = column.kind is not ColumnKind.CATEGORY or group.name in column.categories
    return group.name if declared or group.name == MISSING else UNDECLARED


def grouped(spec: ModelSpec, column: Column, values: Sequence[Any]) -> Iterator[Group]:
    """Yield the groups of a column; what is no value of the column's kind counts as missing.

    Names are printable: the values of an open category are what callers sent.
    """
    edges = sliced(spec).get(column.name, ())
    whole = pd.Series(values, dtype=object)
    if edges:
        whole = pd.to_numeric(whole, errors="coerce").astype(np.float64)
    for group in groups(column, whole, edges):
        yield Group(group.column, one_line(group.name, _LONGEST_NAME), group.rows)
