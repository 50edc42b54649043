"""Hold every row against the model's own declaration, and say why those that fail do."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from modelfleet.domain.dataset import RejectedRow
from modelfleet.domain.features import Features
from modelfleet.domain.spec import ModelSpec, Target, Task

Row = dict[str, Any]
"""Features and target of one example: int, float, str, or `None` where the value is missing."""

_BINARY = {
    "0": 0.0, "0.0": 0.0, "no": 0.0, "false": 0.0,
    "1": 1.0, "1.0": 1.0, "yes": 1.0, "true": 1.0,
}  # fmt: skip


@dataclass(frozen=True)
class ValidatedRows:
    """Rows that fit the model, typed as it declares them, and those that do not."""

    accepted: tuple[Row, ...]
    rejected: tuple[RejectedRow, ...]


def validate(spec: ModelSpec, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> ValidatedRows:
    """Validate rows through the model's `Features`, the rule that requests obey too.

    Parameters
    ----------
    spec
        The model.
    rows
        Line and values of each row: the features and the target, as text or typed, `None` where
        missing.

    Returns
    -------
    ValidatedRows
        Reasons name the field and the rule, never a value.
    """
    accepted: list[Row] = []
    rejected: list[RejectedRow] = []
    for line, values in rows:
        features = dict(values)
        target, fault = _target(spec, features.pop(spec.target.column, None))
        row, reasons = _features(spec.features, features)
        reasons += [fault] if fault else []
        if row is None or reasons:
            rejected.append(RejectedRow(line=line, reasons=tuple(reasons)))
        else:
            accepted.append({**row, spec.target.column: target})
    return ValidatedRows(tuple(accepted), tuple(rejected))


def _features(features: type[Features], values: Mapping[str, Any]) -> tuple[Row | None, list[str]]:
    try:
        return dict(features.model_validate(values)), []
    except ValidationError as error:
        return None, [_reason(fault, values) for fault in error.errors(include_url=False)]


def _reason(fault: ErrorDetails, values: Mapping[str, Any]) -> str:
    """Name the field and the rule; pydantic's `msg` never holds the value."""
    field = str(fault["loc"][0])
    rule = "it is missing" if values.get(field) is None else fault["msg"]
    return f"{field}: {rule}"


def _target(spec: ModelSpec, value: Any) -> tuple[float, str | None]:
    name = spec.target.column
    if value is None:
        return math.nan, f"{name}: it is missing"
    if spec.task is Task.BINARY:
        label = _BINARY.get(str(value).casefold())
        return (
            (math.nan, f"{name}: it must be 0 or 1, or yes or no")
            if label is None
            else (label, None)
        )
    return _number(spec.target, value)


def _number(target: Target, value: Any) -> tuple[float, str | None]:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        return number, f"{target.column}: it must be a finite number"
    unit = f" {target.unit}" if target.unit else ""
    if target.minimum is not None and number < target.minimum:
        return number, f"{target.column}: it must be {target.minimum:g}{unit} or more"
    if target.maximum is not None and number > target.maximum:
        return number, f"{target.column}: it must be {target.maximum:g}{unit} or less"
    return number, None
