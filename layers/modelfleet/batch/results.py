"""Columns of a job's results: row number, carried columns, prediction."""

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, get_type_hints

from modelfleet.serving.tasks.by_task import ANSWERS
from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import BatchError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.files.records import is_unicode

ROW = "row"
REASONS = "reasons"
# Integers beyond this are not exact as floating-point numbers, and beyond the other not as int64.
_EXACT = 1 << 53
_LARGEST = (1 << 63) - 1


class CarriedType(StrEnum):
    """Type of a carried column's values, which Parquet needs to know."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"


class CarriedColumn(Frozen, extra="ignore"):
    """A column of the input that results and errors contain unchanged, under its own name."""

    name: str
    type: CarriedType


class CarriedTypes:
    """Finds the type of a column of which all values are seen, one by one."""

    def __init__(self) -> None:
        self._seen: set[CarriedType] = set()
        self._is_exact = True

    def see(self, value: Any) -> None:
        """Take a value into account; `None` has no type."""
        if isinstance(value, bool):
            self._seen.add(CarriedType.BOOLEAN)
        elif isinstance(value, int):
            self._is_exact &= abs(value) <= _EXACT
            fits = -_LARGEST <= value <= _LARGEST
            self._seen.add(CarriedType.INTEGER if fits else CarriedType.TEXT)
        elif isinstance(value, float):
            self._seen.add(CarriedType.NUMBER)
        elif value is not None:
            self._seen.add(CarriedType.TEXT)

    def common(self) -> CarriedType:
        """Return the type that keeps every value exactly."""
        if len(self._seen) == 1:
            return next(iter(self._seen))
        if self._seen == {CarriedType.INTEGER, CarriedType.NUMBER} and self._is_exact:
            return CarriedType.NUMBER
        return CarriedType.TEXT


def carried_value(value: Any) -> Any:
    """Return a cell as results contain it: JSON's plain values; `None` for all others."""
    if isinstance(value, str):
        return value if is_unicode(value) else value.encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) else None


def prediction_fields(spec: ModelSpec) -> Mapping[str, type]:
    """Return the name and type of each column of a prediction, in order."""
    label, *others = get_type_hints(ANSWERS[spec.task].outcome).items()
    named = [("class", str)] if spec.class_names else []
    fields = dict([label, *named, *others])
    fields.pop("probabilities", None)
    if spec.class_names:
        # The first field is the label, of which this is the name.
        first, *rest = fields.items()
        fields = dict([first, ("class", str), *rest])
    return fields | {probability_column(name): float for name in spec.classes}


def probability_column(name: str) -> str:
    """Return the name of the results column with the probability of a class."""
    return f"probability_{name}"


def require_carriable(spec: ModelSpec, names: Iterable[str]) -> None:
    """Check that no carried column has the name of another column of the results.

    Case is ignored, as spreadsheets and databases do.

    Raises
    ------
    BatchError
        If one has; the message names it.
    """
    taken = {name.casefold(): name for name in (ROW, *prediction_fields(spec), REASONS)}
    for name in names:
        if (other := taken.get(name.strip().casefold())) is not None:
            raise BatchError(
                f"column {name} cannot be carried, because results have a column {other} of their "
                "own; rename it in the input"
            )


def with_carried(
    record: Mapping[str, Any], names: Sequence[str], values: Sequence[Any]
) -> dict[str, Any]:
    """Return a record of results or errors with the carried values after its row number."""
    carried = dict(zip(names, values, strict=True)) if values else dict.fromkeys(names)
    return {ROW: record[ROW], **carried, **{n: v for n, v in record.items() if n != ROW}}
