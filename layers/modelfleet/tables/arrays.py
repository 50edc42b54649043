"""Rows as one array per column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.profiling import of_dates, profile_categories, profile_numbers
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile
from modelfleet.tables.date_parts import Moments, days_of, moments
from modelfleet.tables.rows import Numbers, Row, Rows, Texts
from modelfleet.tables.rows import Values as Column
from modelfleet.tables.target import class_indices

Values = NDArray[np.float64] | NDArray[np.object_] | Moments
Profile = NumberProfile | CategoryProfile

_PSEUDONYM_BYTES = 4


@dataclass(frozen=True)
class DataArrays:
    """Features and target, shape (n,) each: float64 with NaN, dates, or objects with `None`.

    `y` is the target as models learn it; a class is its index.
    """

    columns: Mapping[str, Values]
    target: Values
    y: NDArray[np.float64]


def data_arrays(spec: ModelSpec, rows: Sequence[Row]) -> DataArrays:
    """Convert validated rows to one array per column; personal categories are pseudonymized."""
    found = Rows.of(spec, rows).columns
    columns = {
        column.name: moments(found[column.name].to_list())
        if column.kind is ColumnKind.DATE
        else _values(found[column.name], personal=column.personal_data)
        for column in spec.features.columns()
    }
    target = _values(found[spec.target.column])
    return DataArrays(columns, target, class_indices(spec, target))


def _values(column: Column, *, personal: bool = False) -> Values:
    if isinstance(column, Numbers):
        return column.array
    if not personal:
        return column.objects()
    # Reports are shared; equal values stay equal, so that versions can be compared.
    names = np.array([*map(_pseudonym, column.names.tolist())], dtype=object)
    return Texts(column.codes, names).objects()


def _pseudonym(value: str) -> str:
    return f"#{blake2b(value.encode(), digest_size=_PSEUDONYM_BYTES).hexdigest()}"


def as_numbers(values: Values) -> Any:
    """Return dates as days since 1970, NaN if missing; other values are unchanged."""
    return days_of(values) if np.issubdtype(values.dtype, np.datetime64) else values


def describe(values: Values) -> Profile:
    """Return the profile of a column."""
    if values.dtype == object:
        return profile_categories(values.astype(object))
    profile = profile_numbers(as_numbers(values))
    return of_dates(profile) if np.issubdtype(values.dtype, np.datetime64) else profile
