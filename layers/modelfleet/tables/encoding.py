"""The encoding of a validated row as numbers: fitted in training, shipped as data."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from modelfleet.spec.document import Frozen

MISSING = math.nan


class ColumnEncoding(Frozen, extra="ignore"):
    """One column's encoding: numbers as they are, categories by their code.

    A category that training never saw gets `unseen_code`, an absent one `missing_code`; an absent
    number is NaN. `codes` is `None` for a number.
    """

    name: str
    codes: dict[str, float] | None = None
    unseen_code: float = -1.0
    missing_code: float = -2.0

    def encode(self, values: Sequence[Any]) -> list[float]:
        """Encode a column of validated values, `None` for absent; returns floats, length n."""
        if self.codes is None:
            return [MISSING if value is None else value for value in values]
        codes, unseen, missing = self.codes, self.unseen_code, self.missing_code
        return [missing if v is None else codes.get(v, unseen) for v in values]


class RowEncoding(Frozen, extra="ignore"):
    """A model's columns in the order in which it sees them."""

    columns: tuple[ColumnEncoding, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)

    def encode(self, rows: Sequence[Mapping[str, Any]]) -> list[list[float]]:
        """Encode rows, shape (n, columns); keys that the model does not know are left out."""
        encoded = [column.encode([row.get(column.name) for row in rows]) for column in self.columns]
        return [list(row) for row in zip(*encoded, strict=True)]
