"""A column of an unknown table: its texts, and its numbers or dates if it has any."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.drafting import limits
from modelfleet.spec.words import folded
from modelfleet.tables.columns.arrow_cells import ArrowCells
from modelfleet.tables.columns.formats import ColumnReader, RawColumn, find_formats
from modelfleet.tables.columns.numbers import STRAY_SHARE, Evidence, gather
from modelfleet.tables.table_format import ColumnFormat, Content, TableFormat


@dataclass(frozen=True)
class ColumnValues:
    """One column of a table, `None` where a value is missing.

    `variants` are the spellings that differ from a more frequent one only in case or blanks, with
    the rows of each in the file; `texts` has the more frequent spelling in their place. `padded`
    says whether some values, but not all, have blanks around them in the file.
    """

    name: str
    texts: tuple[str | None, ...]
    found: ColumnFormat
    variants: Mapping[str, int] = field(default_factory=dict)
    padded: bool = False

    @classmethod
    def read(
        cls, name: str, cells: Sequence[Any], found: ColumnFormat | None = None
    ) -> "ColumnValues":
        """Parse raw cells in a given format, or in one inferred from the cells.

        Raises
        ------
        TableError
            If the cells can be read in two ways.
        """
        if found is None:
            (found,) = find_formats([RawColumn(name, cells)], TableFormat())
        texts = list(map(_text, ColumnReader(found).read_all(cells)))
        if found.content is not Content.TEXT:
            return cls(name, tuple(texts), found)
        alike = _alike(texts)
        merged = tuple(None if text is None else alike.get(text, text) for text in texts)
        counts = Counter(text for text in texts if text in alike)
        padded = isinstance(cells, ArrowCells) and 0 < cells.padded < len(cells) - cells.missing
        return cls(name, merged, found, dict(counts.most_common()), padded)

    def at(self, rows: NDArray[np.bool_]) -> "ColumnValues":
        """Return the column restricted to rows.

        Parameters
        ----------
        rows
            Mask of the rows to keep, shape (n,).
        """
        kept = zip(self.texts, rows.tolist(), strict=True)
        texts = tuple(text for text, keep in kept if keep)
        return replace(self, texts=texts)

    @cached_property
    def counts(self) -> Counter[str]:
        """Number of rows of each text, most frequent first."""
        return Counter(text for text in self.texts if text is not None)

    @property
    def known(self) -> int:
        """Number of values that are not missing."""
        return self.counts.total()

    @property
    def missing_share(self) -> float:
        """Share of rows without a value."""
        return 1 - self.known / len(self.texts) if self.texts else 1.0

    @property
    def distinct_share(self) -> float:
        """Number of distinct values divided by the number of values."""
        return len(self.counts) / self.known if self.known else 0.0

    @cached_property
    def numbers(self) -> NDArray[np.float64] | None:
        """Values as float64, shape (rows,), NaN if missing or not a number; `None` for text."""
        if self.found.content is not Content.NUMBER:
            return None
        values = np.array([_number(text) for text in self.texts], dtype=np.float64)
        stray = self.known - np.count_nonzero(~np.isnan(values))
        return values if self.known and stray <= STRAY_SHARE * self.known else None

    @property
    def stray(self) -> int:
        """Number of values in a numeric column that are not numbers."""
        if self.numbers is None:
            return 0
        return self.known - int(np.count_nonzero(~np.isnan(self.numbers)))

    @cached_property
    def evidence(self) -> Evidence:
        """Evidence of numbers among the texts."""
        return gather(self.counts)

    @property
    def date_format(self) -> str | None:
        """Format of the dates or times; `None` if the column has none."""
        return self.found.dates

    @property
    def values(self) -> NDArray[Any]:
        """Values as float64 if numeric, else as objects with `None`, shape (rows,)."""
        if self.numbers is not None:
            return self.numbers
        return np.array(self.texts, dtype=object)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, bool) else str(value)


def _number(text: str | None) -> float:
    try:
        number = float(text) if text is not None else np.nan
    except ValueError:
        return np.nan
    return number if abs(number) <= limits.NUMBER_MAXIMUM else np.nan


def _alike(texts: Sequence[str | None]) -> dict[str, str]:
    """Map each spelling to the most frequent one that differs only in case or blanks."""
    spelled: dict[str, Counter[str]] = {}
    for text, count in Counter(texts).items():
        if text is not None:
            spelled.setdefault(folded(text), Counter())[text] = count
    return {
        text: counts.most_common(1)[0][0]
        for counts in spelled.values()
        if len(counts) > 1
        for text in counts
        if text != counts.most_common(1)[0][0]
    }
