"""The form of a row, generated from the model's columns, and what people enter into it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from modelfleet.pages.numbers import value_text
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec

ROW, OTHER = "x.", "y."
"""Prefixes of the fields of the row, and of the row that it is compared with."""

Row = Mapping[str, Any]
_FEW = 12


@dataclass(frozen=True)
class Field:
    """One input of the form; `fault` says why its value is not accepted."""

    column: Column
    value: str
    fault: str = ""

    @property
    def name(self) -> str:
        """Name of the input."""
        return f"{ROW}{self.column.name}"

    @property
    def kind(self) -> str:
        """How the value is entered: chosen, typed as a number, or typed as text."""
        if self.column.categories:
            return "choice"
        return "number" if self.column.kind.is_numeric else "text"

    @property
    def step(self) -> str:
        """Step of a number."""
        return "1" if self.column.kind is ColumnKind.INTEGER else "any"

    @property
    def range(self) -> str:
        """The accepted range in words, with the unit."""
        low, high = self.column.minimum, self.column.maximum
        ends = "" if low is None or high is None else f"{value_text(low)} to {value_text(high)}"
        unit = self.column.unit or ""
        optional = "may be empty" if self.column.nullable else ""
        return ", ".join(part for part in (f"{ends} {unit}".strip(), optional) if part)


@dataclass(frozen=True)
class Entered:
    """What was entered: the fields, and the row if it is valid."""

    fields: Sequence[Field]
    row: Row | None


def entered(spec: ModelSpec, sent: Mapping[str, str], prefix: str = ROW) -> Entered:
    """Read a row from a form's fields; without any of them, it is the example of the schema.

    Parameters
    ----------
    spec
        The model.
    sent
        Names and texts of the form.
    prefix
        Prefix of the row's names.
    """
    columns = spec.features.columns()
    given = {c.name: sent.get(f"{prefix}{c.name}", "").strip() for c in columns}
    if not any(f"{prefix}{column.name}" in sent for column in columns):
        given = {column.name: _text(column.example) for column in columns}
    row = {column.name: value_of(column, given[column.name]) for column in columns}
    faults = faults_of(spec, row)
    fields = [Field(c, given[c.name], faults.get(c.name, "")) for c in columns]
    return Entered(fields, None if faults else row)


def value_of(column: Column, text: str) -> str | int | float | None:
    """Return the value of a text; a text that is no number is left to the validation."""
    if not text:
        return None
    if not column.kind.is_numeric:
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number


def faults_of(spec: ModelSpec, row: Row) -> Mapping[str, str]:
    """Return why values of a row are not accepted, by column."""
    try:
        spec.features.model_validate(dict(row))
    except ValidationError as error:
        return dict(_faults(error))
    return {}


def _faults(error: ValidationError) -> Iterator[tuple[str, str]]:
    for each in error.errors(include_url=False, include_context=False):
        place = each["loc"][0] if each["loc"] else ""
        missing = each["input"] is None
        yield str(place), "A value is required." if missing else f"{each['msg']}."


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)
