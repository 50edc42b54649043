"""A column of an unknown table: its texts, and its numbers or dates if it has them."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.drafting import limits
from modelfleet.tables.model_columns import MISSING
from modelfleet.tables.numbers import plain_numbers

_FORMATS = (
    *("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d"),
    *("%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y"),
    *("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M:%S"),
    *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y", "%Y%m%d"),
)
_ISO = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class ColumnValues:
    """One column of a table, `None` where a value is missing."""

    name: str
    texts: tuple[str | None, ...]

    @classmethod
    def read(
        cls, name: str, cells: Sequence[str], missing: Collection[str] = MISSING
    ) -> "ColumnValues":
        """Take cells as a file has them; `missing` are spellings of a gap, in lower case."""
        return cls(name, tuple(None if cell.casefold() in missing else cell for cell in cells))

    def at(self, rows: NDArray[np.bool_]) -> "ColumnValues":
        """The values of some rows."""
        kept = zip(self.texts, rows.tolist(), strict=True)
        return ColumnValues(self.name, tuple(text for text, keep in kept if keep))

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each text is there, the most frequent first."""
        return Counter(text for text in self.texts if text is not None)

    @property
    def known(self) -> int:
        """How many values are there."""
        return self.counts.total()

    @property
    def missing_share(self) -> float:
        """Share of rows without a value."""
        return 1 - self.known / len(self.texts) if self.texts else 1.0

    @property
    def distinct_share(self) -> float:
        """Different values per value."""
        return len(self.counts) / self.known if self.known else 0.0

    @cached_property
    def numbers(self) -> NDArray[np.float64] | None:
        """Float64 with NaN where missing or no number; `None` where it is no column of numbers."""
        found = [_number(text) for text in plain_numbers(self.texts)]
        values = np.array(found, dtype=np.float64)
        stray = self.known - np.count_nonzero(~np.isnan(values))
        return values if self.known and stray <= limits.STRAY_SHARE * self.known else None

    @property
    def stray(self) -> int:
        """How many values of a column of numbers are none."""
        if self.numbers is None:
            return 0
        return self.known - int(np.count_nonzero(~np.isnan(self.numbers)))

    @cached_property
    def date_format(self) -> str | None:
        """How it spells dates or times; `None` where it holds none."""
        sample = list(self.counts)[: limits.VALUES_LOOKED_AT]
        if not sample or self._looks_like_numbers(sample):
            return None
        return next(
            (spelling for spelling in _FORMATS if _all_read(sample, spelling)), _iso(sample)
        )

    @property
    def values(self) -> NDArray[Any]:
        """Numbers where it holds such, else objects with `None`; shape (rows,)."""
        if self.numbers is not None:
            return self.numbers
        return np.array(self.texts, dtype=object)

    def _looks_like_numbers(self, sample: Sequence[str]) -> bool:
        """Only eight digits are both a number and a date."""
        digits = 8
        return self.numbers is not None and any(len(text) != digits for text in sample)


def _number(text: str | None) -> float:
    try:
        number = float(text) if text is not None else np.nan
    except ValueError:
        return np.nan
    return number if abs(number) <= limits.NUMBER_MAXIMUM else np.nan


def _all_read(texts: Sequence[str], spelling: str) -> bool:
    read = sum(_is_date(text, spelling) for text in texts)
    return read >= limits.DATE_SHARE * len(texts)


def _is_date(text: str, spelling: str) -> bool:
    try:
        return limits.is_of_our_times(datetime.strptime(text, spelling).year)
    except ValueError:
        return False


def _iso(texts: Sequence[str]) -> str | None:
    """Other spellings of ISO 8601, such as with fractions of seconds or a zone."""
    try:
        years = [datetime.fromisoformat(text).year for text in texts]
    except ValueError:
        return None
    ours = sum(map(limits.is_of_our_times, years)) >= limits.DATE_SHARE * len(texts)
    return _ISO if ours and all("-" in text for text in texts) else None
