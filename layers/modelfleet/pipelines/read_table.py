"""Read a delimited text file into a model's columns, as text, with the line of each row."""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from modelfleet.domain.dataset import RejectedRow
from modelfleet.domain.errors import DatasetError
from modelfleet.domain.features import Column
from modelfleet.domain.spec import ModelSpec

DELIMITERS = (",", ";", "\t")
# Spellings of an absent value, without regard to case; a category that is declared under one of
# these names keeps it as its value.
MISSING = frozenset({"", "na", "n/a", "nan", "null"})
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Table:
    """A file's columns that the model knows.

    Attributes
    ----------
    source
        The file's name.
    lines
        Where each row starts in the file, 1 being the header; length n.
    columns
        Text per feature, for the target and the time, `None` where missing; length n each.
    malformed
        Rows that do not have the header's number of fields.
    unused
        Columns that the spec does not mention.
    afterwards
        Text per column that the spec declares as known afterwards, where the file has it; length n
        each. It is there to be compared with and never stored.
    sha256
        Of the file's bytes.
    """

    source: str
    lines: tuple[int, ...]
    columns: dict[str, list[str | None]]
    malformed: tuple[RejectedRow, ...]
    unused: tuple[str, ...]
    afterwards: dict[str, list[str | None]]
    sha256: str


def read_table(spec: ModelSpec, path: Path) -> Table:
    """Read the columns of a model from a file that commas, semicolons or tabs divide.

    Identifiers and other columns that the spec sets aside may be there or not; they are not kept.

    Raises
    ------
    DatasetError
        If the file cannot be read, has no rows, or lacks a feature, the target or the time. One
        line that names the file and, where there is one, the column.
    """
    content = _content(path)
    text = _decode(content)
    wanted = {column.name: column for column in spec.features.columns()}
    names = spec.data_columns
    delimiter = _delimiter(text, names)
    records = _records(path, text, delimiter)
    header = _header(path, next(records, (0, []))[1])
    positions = _positions(path, header, names)
    rows, malformed = _well_formed(records, len(header))
    if not rows and not malformed:
        raise DatasetError(f"{path.name}: there are no rows below the header")
    texts = zip(*(record for _, record in rows), strict=True) if rows else [()] * len(header)
    by_position = list(texts)
    return Table(
        source=path.name,
        lines=tuple(line for line, _ in rows),
        columns={n: _values(by_position[positions[n]], wanted.get(n)) for n in names},
        malformed=tuple(malformed),
        unused=_unused(spec, header, names),
        afterwards={
            name: _values(by_position[header.index(name)], None)
            for name in spec.known_afterwards
            if name in header
        },
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path.name}: it cannot be read: {error.strerror}") from error


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-16" if content.startswith(_UTF16_MARKS) else "utf-8-sig")
    except UnicodeDecodeError:
        # What spreadsheets write in western Europe; every sequence of bytes is valid in it.
        return content.decode("latin-1")


def _delimiter(text: str, names: Sequence[str]) -> str:
    """The delimiter under which the first line holds the most of the wanted names."""
    first = text.lstrip().splitlines()[:1]
    found = {
        delimiter: len(
            set(names)
            & {cell.strip() for row in csv.reader(first, delimiter=delimiter) for cell in row}
        )
        for delimiter in DELIMITERS
    }
    return max(DELIMITERS, key=lambda delimiter: found[delimiter])


def _records(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every record that is not blank, with the line on which it starts."""
    # Strict, because otherwise one quote that is never closed swallows all rows below it.
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for record in reader:
            if any(map(str.strip, record)):
                yield start, record
            start = reader.line_num + 1
    except csv.Error as error:
        raise DatasetError(f"{path.name}: line {start} cannot be read: {error}") from error


def _header(path: Path, record: list[str]) -> list[str]:
    if not record:
        raise DatasetError(f"{path.name}: it is empty")
    return [cell.strip() for cell in record]


def _positions(path: Path, header: list[str], names: Sequence[str]) -> dict[str, int]:
    if absent := [name for name in names if name not in header]:
        raise DatasetError(f"{path.name}: {_columns(absent)} missing")
    if twice := [name for name in names if header.count(name) > 1]:
        raise DatasetError(f"{path.name}: {_columns(twice)} there more than once")
    return {name: header.index(name) for name in names}


def _columns(names: Sequence[str]) -> str:
    return f"column {names[0]} is" if len(names) == 1 else f"columns {', '.join(names)} are"


def _well_formed(
    records: Iterator[tuple[int, list[str]]], width: int
) -> tuple[list[tuple[int, list[str]]], list[RejectedRow]]:
    rows, malformed = [], []
    for line, record in records:
        if len(record) == width:
            rows.append((line, record))
        else:
            reason = f"it has {len(record)} fields, the header has {width}"
            malformed.append(RejectedRow(line=line, reasons=(reason,)))
    return rows, malformed


def missing_spellings(column: Column | None) -> frozenset[str]:
    """How a column's absent values may be spelled, in lower case."""
    return MISSING - {name.casefold() for name in column.categories} if column else MISSING


def _values(texts: Sequence[str], column: Column | None) -> list[str | None]:
    missing = missing_spellings(column)
    stripped = (text.strip() for text in texts)
    return [None if text.casefold() in missing else text for text in stripped]


def _unused(spec: ModelSpec, header: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    set_aside = {*names, *spec.identifiers, *spec.known_afterwards, *spec.ignored}
    return tuple(name or "(unnamed)" for name in header if name not in set_aside)
