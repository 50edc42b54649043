"""How a file was read, as a value: shown to people, stored with data, shipped in bundles."""

import shlex
from enum import StrEnum
from pathlib import PurePath
from typing import Literal

from pydantic import Field

from modelfleet.spec.document import Frozen

Example = tuple[str, str]
"""A cell as the file has it, and what was read."""


class FileKind(StrEnum):
    """How rows lie in a file."""

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
    """The kind that a file's name implies, with or without `.gz`; `None` for other suffixes."""
    path = PurePath(name.lower())
    if path.suffix in PACKED:
        path = path.with_suffix("")
    return KINDS.get(path.suffix)


class Content(StrEnum):
    """How a column's values are read."""

    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


class DateOrder(StrEnum):
    """Which of day and month comes first where a date is written with numbers."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


Decimal = Literal[".", ","]


class ReadOptions(Frozen, extra="ignore"):
    """What the user says about a file; the rest is found in the file.

    `missing` are further words for a missing value, `keep` words that are values although they
    usually stand for none. Either is `WORD`, for every column, or `COLUMN=WORD`.
    """

    delimiter: str | None = None
    encoding: str | None = None
    decimal: Decimal | None = None
    dates: DateOrder | None = None
    missing: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    sheet: str | None = None

    def missing_in(self, column: str) -> frozenset[str]:
        """Further words for a missing value in a column, in lower case."""
        return _words(self.missing, column)

    def kept_in(self, column: str) -> frozenset[str]:
        """Words that are values of a column, in lower case."""
        return _words(self.keep, column)


AS_FOUND = ReadOptions()
"""Nothing is said; all is found in the file."""


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
        What its values are.
    decimal
        The decimal mark, where the file or the user settled it; `None` where no value of the
        column depends on it.
    unit
        The unit or currency that its numbers carry.
    dates
        The format of its dates, in the directives of `strptime`.
    missing
        How often each word was read as a missing value; blank cells are not counted.
    words
        What else than the usual words means a missing value here.
    kept
        Which of the usual words are values here.
    yes, no
        The words that were read as 1 and 0 in a column of numbers.
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
        """Whether it is read in any other way than as a program would write it."""
        plain = {"name", "content", "missing", "words", "kept"}
        rest = self.model_dump(exclude=plain, exclude_defaults=True)
        return bool(rest) and rest != {"decimal": "."}

    @property
    def note(self) -> str | None:
        """What the user should know: which words were read as missing, and how to keep one."""
        if not self.missing:
            return None
        counts = ", ".join(f"{word} ({count:,})" for word, count in self.missing.items())
        text = f"column {self.name}: read as missing: {counts}"
        words = [word for word in self.missing if word[:1].isalpha()]
        if self.content is Content.TEXT and words:
            text += f"; if {words[0]} is a value, add: --keep-word {_quoted(self.name, words[0])}"
        return text

    @property
    def told(self) -> str:
        """In words; empty for text that is taken as it is."""
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
        How rows lie in it, and whether it was compressed with gzip.
    encoding, delimiter
        Of text; `None` for files that have none.
    skipped_lines
        Lines above the header: titles, `sep=`, blank lines.
    row_names
        Whether the header has no name for the first field of each row.
    trailing_delimiters
        How many blank fields rows have beyond the header.
    sheet
        Which sheet of a workbook.
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
        """How a column was read, by its name; `None` where the file did not have it."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the columns."""
        return tuple(column.note for column in self.columns if column.note is not None)

    @property
    def told(self) -> str:
        """The file in words, without its columns."""
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
"""Of rows that are from no file."""

_KINDS = {
    FileKind.CSV: "delimited text",
    FileKind.JSONL: "JSON Lines",
    FileKind.JSON: "JSON",
    FileKind.PARQUET: "Parquet",
    FileKind.XLSX: "Excel workbook",
}
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
