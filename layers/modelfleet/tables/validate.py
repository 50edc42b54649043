"""Validation of rows against the model's declaration, with a reason for each rejection."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from modelfleet.spec.categories import REFUSED, refused_value
from modelfleet.spec.data_limits import Check
from modelfleet.spec.features import RESERVED, Features, row_of
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.tasks.kind import is_excluded
from modelfleet.tables.files.records import RejectedRow
from modelfleet.tables.names import did_you_mean

Row = dict[str, Any]
"""Features and target of one example: int, float, str, or `None` if the value is missing.

The target is 0.0 or 1.0, a number, or the name of a class of a multiclass target. The time is a
sortable text, if the model declares one. `GROUP` has the keyed hash of the group, if the model
declares one. Rows that are not from a file also record their origin under `ORIGIN`,
`PREDICTION_ID`, and `CLIENT`.
"""

Fault = tuple[str, Check]
"""A column, and the rule that it violates."""

UNKNOWN_FIELD = "extra_forbidden"
"""Type of pydantic's error for a field that is not declared."""

# Rows have arbitrarily many and long unknown names; comparing each with all columns is slow.
_NAME_LENGTH = 100
_REMEMBERED = 1_000
_RANGES = frozenset(
    {"greater_than_equal", "less_than_equal", "finite_number", "string_too_short",
     "string_too_long"}
)  # fmt: skip


@dataclass(frozen=True)
class ValidatedRows:
    """Accepted rows, typed as declared, and rejected rows.

    `faults` counts violations in the rejected rows by column and rule, `refused` the rows by column
    and category that the column does not list, without values that may not be recorded.
    `open_cases` counts rows without an outcome, `excluded` rows of a class that the target
    excludes; these rows are neither accepted nor rejected.
    """

    accepted: tuple[Row, ...]
    rejected: tuple[RejectedRow, ...]
    faults: Mapping[Fault, int] = field(default_factory=dict)
    refused: Mapping[tuple[str, str], int] = field(default_factory=dict)
    open_cases: int = 0
    excluded: int = 0


def validate(spec: ModelSpec, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> ValidatedRows:
    """Validate rows with the model's `Features`, by the same rules as requests.

    Parameters
    ----------
    spec
        The model.
    rows
        Line number and values of each row: the features, the target, and the time if declared, as
        text or typed, `None` if missing. Group and provenance columns are kept unchanged.

    Returns
    -------
    ValidatedRows
        Accepted and rejected rows; reasons name the field and the rule, never a value. Rows
        without an outcome are only counted.
    """
    accepted: list[Row] = []
    rejected: list[RejectedRow] = []
    counted: Counter[Fault] = Counter()
    refused: Counter[tuple[str, str]] = Counter()
    personal = {column.name for column in spec.features.columns() if column.personal_data}
    open_cases = excluded = 0
    for line, values in rows:
        outcome = values.get(spec.target.column)
        if outcome is None:
            open_cases += 1
            continue
        if is_excluded(spec.target, outcome):
            excluded += 1
            continue
        row, faults = _validated(spec, values)
        if faults:
            reasons = tuple(f"{fault.column}: {fault.reason}" for fault in faults)
            rejected.append(RejectedRow(line=line, reasons=reasons))
            counted.update((fault.column, fault.check) for fault in faults)
            refused.update(
                (fault.column, fault.refused)
                for fault in faults
                if fault.refused is not None and fault.column not in personal
            )
        else:
            accepted.append(row)
    return ValidatedRows(tuple(accepted), tuple(rejected), counted, refused, open_cases, excluded)


def validate_features(
    features: type[Features], values: Mapping[str, Any]
) -> tuple[Row, tuple[str, ...]]:
    """Validate a row to score; return its typed values, or the reasons it is invalid."""
    row, faults = _features(features, values)
    return row, tuple(f"{fault.column}: {fault.reason}" for fault in faults)


class _Fault(NamedTuple):
    """A column, the rule that it violates, and a reason that never contains the value.

    `refused` is a value that is not among the column's categories, if it may be recorded.
    """

    column: str
    check: Check
    reason: str
    refused: str | None = None


def _validated(spec: ModelSpec, values: Mapping[str, Any]) -> tuple[Row, list[_Fault]]:
    features = dict(values)
    own = {name: features.pop(name) for name in RESERVED if name in features}
    target, target_faults = _target(spec, features.pop(spec.target.column, None))
    time, time_faults = _time(spec, features)
    row, faults = _features(spec.features, features)
    found = {**row, spec.target.column: target, **time, **own}
    return found, faults + target_faults + time_faults


def _features(features: type[Features], values: Mapping[str, Any]) -> tuple[Row, list[_Fault]]:
    try:
        return dict(row_of(features.model_validate(values))), []
    except ValidationError as error:
        return {}, [_fault(features, fault, values) for fault in error.errors(include_url=False)]


def unknown_field(features: type[Features], name: str) -> str:
    """Return the error message for a field that a row must not have, with the nearest name."""
    return f"Extra inputs are not permitted{_nearest(features, name[:_NAME_LENGTH])}"


@lru_cache(_REMEMBERED)
def _nearest(features: type[Features], name: str) -> str:
    return did_you_mean(name, (column.name for column in features.columns()))


def _fault(features: type[Features], fault: ErrorDetails, values: Mapping[str, Any]) -> _Fault:
    """Return the field, the rule, and the reason; pydantic's `msg` never contains the value."""
    if not fault["loc"]:
        # The fault concerns the whole row, such as a field name that is not valid Unicode.
        return _Fault("row", Check.TYPES, fault["msg"])
    column = str(fault["loc"][0])
    if fault["type"] == UNKNOWN_FIELD:
        return _Fault(column, Check.TYPES, unknown_field(features, column))
    if values.get(column) is None:
        return _Fault(column, Check.REQUIRED, "it is missing")
    if fault["type"] in _RANGES:
        return _Fault(column, Check.RANGES, fault["msg"])
    if fault["type"] == REFUSED:
        return _Fault(column, Check.CATEGORIES, fault["msg"], refused_value(fault.get("ctx")))
    return _Fault(column, Check.TYPES, fault["msg"])


def _target(spec: ModelSpec, value: Any) -> tuple[Any, list[_Fault]]:
    name = spec.target.column
    found, fault = spec.task.kind.read(spec.target, value)
    return found, [] if fault is None else [_Fault(name, *fault)]


def _time(spec: ModelSpec, values: dict[str, Any]) -> tuple[Row, list[_Fault]]:
    """Remove the time from the values and return it in its sortable spelling."""
    if spec.time is None:
        return {}, []
    name = spec.time.column
    value = values.pop(name, None)
    if value is None:
        return {}, [_Fault(name, Check.REQUIRED, "it is missing")]
    try:
        return {name: spec.time.read(str(value))}, []
    except ValueError:
        reason = f"it must be a date or time spelled {spec.time.format}, or in ISO 8601"
        return {}, [_Fault(name, Check.TYPES, reason)]
