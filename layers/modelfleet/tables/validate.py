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
from modelfleet.tables.rows import Row as Row  # noqa: PLC0414  # what this module returns
from modelfleet.tables.rows import Rows

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

    accepted: Rows
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
    rejections = Rejections(spec)
    for line, values in rows:
        if rejections.sets_aside(values.get(spec.target.column)):
            continue
        row, faults = validated(spec, values)
        if faults:
            rejections.add(line, faults)
        else:
            accepted.append(row)
    return rejections.result(Rows.of(spec, accepted))


class Rejections:
    """Collector of the rows of a model that are not accepted."""

    def __init__(self, spec: ModelSpec) -> None:
        self._target = spec.target
        self._personal = {each.name for each in spec.features.columns() if each.personal_data}
        self._rows: list[RejectedRow] = []
        self._faults: Counter[Fault] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()
        self._open = 0
        self._excluded = 0

    def sets_aside(self, outcome: Any) -> bool:
        """Count a row without an outcome, or of an excluded class; return whether it is one."""
        if outcome is None:
            self._open += 1
            return True
        if is_excluded(self._target, outcome):
            self._excluded += 1
            return True
        return False

    def add(self, line: int, faults: "Iterable[RowFault]") -> None:
        """Reject a row for its faults."""
        faults = [*faults]
        reasons = tuple(f"{fault.column}: {fault.reason}" for fault in faults)
        self._rows.append(RejectedRow(line=line, reasons=reasons))
        self._faults.update((fault.column, fault.check) for fault in faults)
        self._refused.update(
            (fault.column, fault.refused)
            for fault in faults
            if fault.refused is not None and fault.column not in self._personal
        )

    def result(self, accepted: Rows) -> ValidatedRows:
        """Return the accepted rows with what became of the others."""
        return ValidatedRows(
            accepted, tuple(self._rows), self._faults, self._refused, self._open, self._excluded
        )


def validate_features(
    features: type[Features], values: Mapping[str, Any]
) -> tuple[Row, tuple[str, ...]]:
    """Validate a row to score; return its typed values, or the reasons it is invalid."""
    row, faults = _features(features, values)
    return row, tuple(f"{fault.column}: {fault.reason}" for fault in faults)


class RowFault(NamedTuple):
    """A column, the rule that it violates, and a reason that never contains the value.

    `refused` is a value that is not among the column's categories, if it may be recorded.
    """

    column: str
    check: Check
    reason: str
    refused: str | None = None


def validated(spec: ModelSpec, values: Mapping[str, Any]) -> tuple[Row, list[RowFault]]:
    """Validate one row; return its typed values, or its faults."""
    features = dict(values)
    own = {name: features.pop(name) for name in RESERVED if name in features}
    target, target_faults = _target(spec, features.pop(spec.target.column, None))
    time, time_faults = _time(spec, features)
    row, faults = _features(spec.features, features)
    found = {**row, spec.target.column: target, **time, **own}
    return found, faults + target_faults + time_faults


def _features(features: type[Features], values: Mapping[str, Any]) -> tuple[Row, list[RowFault]]:
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


def _fault(features: type[Features], fault: ErrorDetails, values: Mapping[str, Any]) -> RowFault:
    """Return the field, the rule, and the reason; pydantic's `msg` never contains the value."""
    if not fault["loc"]:
        # The fault concerns the whole row, such as a field name that is not valid Unicode.
        return RowFault("row", Check.TYPES, fault["msg"])
    column = str(fault["loc"][0])
    if fault["type"] == UNKNOWN_FIELD:
        return RowFault(column, Check.TYPES, unknown_field(features, column))
    if values.get(column) is None:
        return RowFault(column, Check.REQUIRED, "it is missing")
    if fault["type"] in _RANGES:
        return RowFault(column, Check.RANGES, fault["msg"])
    if fault["type"] == REFUSED:
        return RowFault(column, Check.CATEGORIES, fault["msg"], refused_value(fault.get("ctx")))
    return RowFault(column, Check.TYPES, fault["msg"])


def _target(spec: ModelSpec, value: Any) -> tuple[Any, list[RowFault]]:
    name = spec.target.column
    found, fault = spec.task.kind.read(spec.target, value)
    return found, [] if fault is None else [RowFault(name, *fault)]


def _time(spec: ModelSpec, values: dict[str, Any]) -> tuple[Row, list[RowFault]]:
    """Remove the time from the values and return it in its sortable spelling."""
    time = spec.time_apart
    if time is None:
        return {}, []
    name = time.column
    value = values.pop(name, None)
    if value is None:
        return {}, [RowFault(name, Check.REQUIRED, "it is missing")]
    try:
        return {name: time.read(str(value))}, []
    except ValueError:
        reason = f"it must be a date or time spelled {time.format}, or in ISO 8601"
        return {}, [RowFault(name, Check.TYPES, reason)]
