"""How a file was read: shown to users, stored with data, included in bundles."""

import shlex
from enum import StrEnum
from pathlib import PurePath
from typing import Literal

from pydantic import Field

from modelfleet.spec.document import Frozen

Example = tuple[str, str]
"""A cell before and after parsing."""


class FileKind(StrEnum):
    """File format of a table."""

    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"
    XLSX = "xlsx"


KINDS = {
    ".csv": FileKind.CSV,
    ".tsv": FileKind.CSV,
    ".tab": FileKind.CSV,
    ".txt": FileKind.CSV,
    ".jsonl": FileKind.JSONL,
    ".ndjson": FileKind.JSONL,
    ".json": FileKind.JSON,
    ".parquet": FileKind.PARQUET,
    ".xlsx": FileKind.XLSX,
    ".xlsm": FileKind.XLSX,
}
PACKED = (".gz", ".gzip")


def kind_of(name: str) -> FileKind | None:
    """Return the format implied by a file's suffix, with or without `.gz`; `None` if unknown."""
    path = PurePath(name.lower())
    if path.suffix in PACKED:
        path = path.with_suffix("")
    return KINDS.get(path.suffix)


class Content(StrEnum):
    """Type of a column's values."""

    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


class DateOrder(StrEnum):
    """Order of day and month in numeric dates."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


Decimal = Literal[".", ","]


class ReadOptions(Frozen, extra="ignore"):
    """The user's instructions for reading a file; everything else is inferred.

    `missing` are additional words for a missing value, `keep` words that are values although they
    usually mean a missing one. Each entry is `WORD`, for every column, or `COLUMN=WORD`.
    """

    delimiter: str | None = None
    encoding: str | None = None
    decimal: Decimal | None = None
    dates: DateOrder | None = None
    missing: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    sheet: str | None = None

    def missing_in(self, column: str) -> frozenset[str]:
        """Return additional words for a missing value in a column, in lower case."""
        return _words(self.missing, column)

    def kept_in(self, column: str) -> frozenset[str]:
        """Return words that are values of a column, in lower case."""
        return _words(self.keep, column)


AS_FOUND = ReadOptions()
"""No instructions; everything is inferred from the file."""


def _words(given: tuple[str, ...], column: str) -> frozenset[str]:
    prefix = f"{column.strip().casefold()}="
    words = (word.strip().casefold() for word in given)
    return frozenset(
        word.removeprefix(prefix) for word in words if word.startswith(prefix) or "=" not in word
    )


class ColumnFormat(Frozen, extra="ignore"):
    """How one column was read.

    Attributes
    ----------
    content
        Type of the values.
    decimal
        Decimal mark, as determined by the file or the user; `None` if no value depends on it.
    unit
        Unit or currency of the numbers.
    dates
        Format of the dates, in `strptime` directives.
    missing
        Number of cells per word read as a missing value, without blank cells.
    words
        Words for a missing value in addition to the standard ones.
    kept
        Standard words for a missing value that are values in this column.
    yes, no
        Words read as 1 and 0 in a numeric column.
    """

    name: str
    content: Content = Content.TEXT
    decimal: Decimal | None = None
    unit: str | None = None
    dates: str | None = None
    missing: dict[str, int] = Field(default_factory=dict)
    words: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()

    @property
    def is_particular(self) -> bool:
        """Whether the column deviates from the format in which programs write values."""
        plain = {"name", "content", "missing", "words", "kept"}
        rest = self.model_dump(exclude=plain, exclude_defaults=True)
        return bool(rest) and rest != {"decimal": "."}

    @property
    def note(self) -> str | None:
        """The remark as one line, including the column's name."""
        return None if self.remark is None else f"column {self.name}: {self.remark}"

    @property
    def remark(self) -> str | None:
        """A remark on words read as missing, and on how to keep one."""
        if not self.missing:
            return None
        counts = ", ".join(f"{word} ({count:,})" for word, count in self.missing.items())
        text = f"read as missing: {counts}"
        words = [word for word in self.missing if word[:1].isalpha()]
        if self.content is Content.TEXT and words:
            text += f"; if {words[0]} is a value, add: --keep-word {_quoted(self.name, words[0])}"
        return text

    @property
    def told(self) -> str:
        """Description of the format; empty for plain text."""
        parts = [str(self.content)] if self.content is not Content.TEXT else []
        if self.decimal is not None:
            parts.append("decimal comma" if self.decimal == "," else "decimal point")
        if self.unit is not None:
            parts.append(f"in {self.unit}")
        if self.dates is not None:
            parts.append(self.dates)
        if self.yes or self.no:
            parts.append(f"{', '.join(self.yes)} is 1, {', '.join(self.no)} is 0")
        if self.missing:
            counts = (f"{word} ({count:,})" for word, count in self.missing.items())
            parts.append(f"missing: {', '.join(counts)}")
        return "; ".join(parts)


def _quoted(column: str, word: str) -> str:
    return shlex.quote(f"{column}={word}")


class TableFormat(Frozen, extra="ignore"):
    """How a file was read.

    Attributes
    ----------
    kind, compressed
        File format, and whether it was compressed with gzip.
    encoding, delimiter
        Encoding and delimiter of a text file, else `None`.
    skipped_lines
        Number of lines above the header: titles, `sep=`, blank lines.
    row_names
        Whether the first field of each row has no name in the header.
    trailing_delimiters
        Number of blank fields in each row beyond the header.
    sheet
        Sheet of a workbook.
    columns
        How each column was read.
    """

    kind: FileKind = FileKind.CSV
    compressed: bool = False
    encoding: str | None = None
    delimiter: str | None = None
    skipped_lines: int = 0
    row_names: bool = False
    trailing_delimiters: int = 0
    sheet: str | None = None
    columns: tuple[ColumnFormat, ...] = ()

    def column(self, name: str) -> ColumnFormat | None:
        """Return the format of a column, or `None` if the file does not have it."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the user on the columns."""
        return tuple(column.note for column in self.columns if column.note is not None)

    @property
    def told(self) -> str:
        """Description of the file format, without its columns."""
        parts = [_KINDS[self.kind] + (", gzip" if self.compressed else "")]
        if self.encoding is not None:
            parts.append(self.encoding)
        if self.delimiter is not None:
            parts.append(f"divided by {_DELIMITERS.get(self.delimiter, self.delimiter)}")
        if self.sheet is not None:
            parts.append(f"sheet {self.sheet}")
        if self.skipped_lines:
            lines = "line" if self.skipped_lines == 1 else "lines"
            parts.append(f"{self.skipped_lines} {lines} above the header skipped")
        if self.row_names:
            parts.append("the first column has no name")
        if self.trailing_delimiters:
            parts.append("rows end with a delimiter")
        return ", ".join(parts)


PLAIN = TableFormat()
"""Format of rows that are not from a file."""

_KINDS = {
    FileKind.CSV: "delimited text",
    FileKind.JSONL: "JSON Lines",
    FileKind.JSON: "JSON",
    FileKind.PARQUET: "Parquet",
    FileKind.XLSX: "Excel workbook",
}
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
