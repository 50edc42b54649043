"""Encoding of validated rows as numbers: fitted in training, stored in bundles."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from modelfleet.spec.document import Frozen

MISSING = math.nan


class ColumnEncoding(Frozen, extra="ignore"):
    """Encoding of one column: numbers are unchanged, categories become codes.

    A category not seen in training gets `unseen_code`, a missing one `missing_code`; a missing
    number is NaN. `codes` is `None` for numbers.
    """

    name: str
    codes: dict[str, float] | None = None
    unseen_code: float = -1.0
    missing_code: float = -2.0

    def encode(self, values: Sequence[Any]) -> list[float]:
        """Encode a column of validated values, `None` if missing, as floats, length n."""
        if self.codes is None:
            return [MISSING if value is None else value for value in values]
        codes, unseen, missing = self.codes, self.unseen_code, self.missing_code
        return [missing if v is None else codes.get(v, unseen) for v in values]


class RowEncoding(Frozen, extra="ignore"):
    """Encodings of a model's columns, in the order of its input."""

    columns: tuple[ColumnEncoding, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    def encode(self, rows: Sequence[Mapping[str, Any]]) -> list[list[float]]:
        """Encode rows, shape (n, columns); unknown keys are ignored."""
        encoded = [column.encode([row.get(column.name) for row in rows]) for column in self.columns]
        return [list(row) for row in zip(*encoded, strict=True)]
