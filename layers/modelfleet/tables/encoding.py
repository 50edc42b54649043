"""Encoding of validated rows as numbers: fitted in training, stored in bundles."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from modelfleet.spec.dates import DatePart, part_of
from modelfleet.spec.document import Frozen
from modelfleet.spec.words import folded

MISSING = math.nan


class ColumnEncoding(Frozen, extra="ignore"):
    """Encoding of a column as one number: numbers are unchanged, categories become codes.

    A category not seen in training gets `unseen_code`, a missing one `missing_code`; a missing
    number or date is NaN. `codes` is `None` for numbers and dates. Spellings that differ from one
    in `codes` only in case or blanks get its code. A date has one encoding for each `part` that the
    model uses; days are counted from `since`, an ordinal of the calendar.
    """

    name: str
    codes: dict[str, float] | None = None
    unseen_code: float = -1.0
    missing_code: float = -2.0
    part: DatePart | None = None
    since: int = 0

    @property
    def input_name(self) -> str:
        """Name of the number in the model's input."""
        return self.name if self.part is None else self.part.input_name(self.name)

    def encode(self, values: Sequence[Any]) -> list[float]:
        """Encode a column of validated values, `None` if missing, as floats, length n."""
        if self.part is not None:
            part, since = self.part, self.since
            return [MISSING if v is None else part_of(v, part, since) for v in values]
        if self.codes is None:
            return [MISSING if value is None else value for value in values]
        codes, missing = self.codes, self.missing_code
        found = (missing if value is None else codes.get(value) for value in values)
        return [
            self.spelled_code(value) if code is None else code
            for value, code in zip(values, found, strict=True)
        ]

    def spelled_code(self, value: str) -> float:
        """Return the code of a category that is not spelled as in training."""
        return self._alike.get(folded(value), self.unseen_code)

    @cached_property
    def _alike(self) -> dict[str, float]:
        """Codes by spelling without regard to case and blanks, where that is unambiguous."""
        found: dict[str, set[float]] = {}
        for name, code in (self.codes or {}).items():
            found.setdefault(folded(name), set()).add(code)
        return {name: min(codes) for name, codes in found.items() if len(codes) == 1}


class RowEncoding(Frozen, extra="ignore"):
    """Encodings of a model's columns, in the order of its input.

    The encodings of a date's parts follow each other.
    """

    columns: tuple[ColumnEncoding, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of rows, each once."""
        return tuple(dict.fromkeys(column.name for column in self.columns))

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the numbers in the model's input, one per encoding."""
        return tuple(column.input_name for column in self.columns)

    @property
    def owners(self) -> tuple[int, ...]:
        """Place in `names` of the column that each number of the input belongs to."""
        places = {name: place for place, name in enumerate(self.names)}
        return tuple(places[column.name] for column in self.columns)

    def encode(self, rows: Sequence[Mapping[str, Any]]) -> list[list[float]]:
        """Encode rows, shape (n, encodings); unknown keys are ignored."""
        encoded = [column.encode([row.get(column.name) for row in rows]) for column in self.columns]
        return [list(row) for row in zip(*encoded, strict=True)]
