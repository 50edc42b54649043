"""Validation of rows against the model's declaration, with a reason for each rejection."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from modelfleet.spec.data_limits import Check
from modelfleet.spec.features import PROVENANCE, Features, row_of
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.tasks.kind import is_excluded
from modelfleet.tables.files.records import RejectedRow

Row = dict[str, Any]
"""Features and target of one example: int, float, str, or `None` if the value is missing.

The target is 0.0 or 1.0, a number, or the name of a class of a multiclass target. The time is a
sortable text, if the model declares one. Rows that are not from a file also record their origin
under `ORIGIN`, `PREDICTION_ID`, and `CLIENT`.
"""

Fault = tuple[str, Check]
"""A column, and the rule that it violates."""

_RANGES = frozenset(
    {"greater_than_equal", "less_than_equal", "finite_number", "string_too_short",
     "string_too_long"}
)  # fmt: skip


@dataclass(frozen=True)
class ValidatedRows:
    """Accepted rows, typed as declared, and rejected rows.

    `faults` counts violations in the rejected rows by column and rule. `open_cases` counts rows
    without an outcome, `excluded` rows of a class that the target excludes; these rows are neither
    accepted nor rejected.
    """

    accepted: tuple[Row, ...]
    rejected: tuple[RejectedRow, ...]
    faults: Mapping[Fault, int] = field(default_factory=dict)
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
        text or typed, `None` if missing. Provenance columns are kept unchanged.

    Returns
    -------
    ValidatedRows
        Accepted and rejected rows; reasons name the field and the rule, never a value. Rows
        without an outcome are only counted.
    """
    accepted: list[Row] = []
    rejected: list[RejectedRow] = []
    counted: Counter[Fault] = Counter()
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
            reasons = tuple(f"{column}: {reason}" for column, _, reason in faults)
            rejected.append(RejectedRow(line=line, reasons=reasons))
            counted.update((column, check) for column, check, _ in faults)
        else:
            accepted.append(row)
    return ValidatedRows(tuple(accepted), tuple(rejected), counted, open_cases, excluded)


def validate_features(
    features: type[Features], values: Mapping[str, Any]
) -> tuple[Row, tuple[str, ...]]:
    """Validate a row to score; return its typed values, or the reasons it is invalid."""
    row, faults = _features(features, values)
    return row, tuple(f"{column}: {reason}" for column, _, reason in faults)


_Fault = tuple[str, Check, str]
"""A column, the rule that it violates, and a reason that never contains the value."""


def _validated(spec: ModelSpec, values: Mapping[str, Any]) -> tuple[Row, list[_Fault]]:
    features = dict(values)
    provenance = {name: features.pop(name) for name in PROVENANCE if name in features}
    target, target_faults = _target(spec, features.pop(spec.target.column, None))
    time, time_faults = _time(spec, features)
    row, faults = _features(spec.features, features)
    found = {**row, spec.target.column: target, **time, **provenance}
    return found, faults + target_faults + time_faults


def _features(features: type[Features], values: Mapping[str, Any]) -> tuple[Row, list[_Fault]]:
    try:
        return dict(row_of(features.model_validate(values))), []
    except ValidationError as error:
        return {}, [_fault(fault, values) for fault in error.errors(include_url=False)]


def _fault(fault: ErrorDetails, values: Mapping[str, Any]) -> _Fault:
    """Return the field, the rule, and the reason; pydantic's `msg` never contains the value."""
    if not fault["loc"]:
        # The fault concerns the whole row, such as a field name that is not valid Unicode.
        return "row", Check.TYPES, fault["msg"]
    column = str(fault["loc"][0])
    if values.get(column) is None:
        return column, Check.REQUIRED, "it is missing"
    if fault["type"] in _RANGES:
        return column, Check.RANGES, fault["msg"]
    check = Check.CATEGORIES if fault["type"] == "literal_error" else Check.TYPES
    return column, check, fault["msg"]


def _target(spec: ModelSpec, value: Any) -> tuple[Any, list[_Fault]]:
    name = spec.target.column
    found, fault = spec.task.kind.read(spec.target, value)
    return found, [] if fault is None else [(name, *fault)]


def _time(spec: ModelSpec, values: dict[str, Any]) -> tuple[Row, list[_Fault]]:
    """Remove the time from the values and return it in its sortable spelling."""
    if spec.time is None:
        return {}, []
    name = spec.time.column
    value = values.pop(name, None)
    if value is None:
        return {}, [(name, Check.REQUIRED, "it is missing")]
    try:
        return {name: spec.time.read(str(value))}, []
    except ValueError:
        reason = f"it must be a date or time spelled {spec.time.format}, or in ISO 8601"
        return {}, [(name, Check.TYPES, reason)]
