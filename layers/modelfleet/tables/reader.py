"""Reads every cell of a file as text: delimited text of any kind, or Parquet."""

import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

from modelfleet.spec.errors import DatasetError, TableError
from modelfleet.tables import text as text_file
from modelfleet.tables.limits import (
    MOST_BYTES,
    require_bytes,
    require_cells,
    total_bytes,
)
from modelfleet.tables.records import Record, RejectedRow

PARQUET_MARK = b"PAR1"
# Unpacking is left to people, who see how large it grows.
_PACKED = {
    b"\x1f\x8b": "it is a gzip archive; unpack it first",
    b"\x28\xb5\x2f\xfd": "it is a Zstandard archive; unpack it first",
    b"PK\x03\x04": "it is a zip archive or a workbook; save the table in it as CSV",
}
_NOT_SINGLE = "(not a single value)"


@dataclass(frozen=True)
class Cells:
    """A file's columns by position.

    Attributes
    ----------
    source
        The file's name.
    header
        The columns' names, stripped; one may be there twice, or be empty.
    lines
        Where each row starts in the file, 1 being the header; length n.
    columns
        Stripped text of each column, empty where the cell is; length n each.
    malformed
        Rows that do not have the header's number of fields.
    sha256
        Of the file's bytes.
    """

    source: str
    header: tuple[str, ...]
    lines: tuple[int, ...]
    columns: tuple[tuple[str, ...], ...]
    malformed: tuple[RejectedRow, ...]
    sha256: str


def read_cells(path: Path, known: Collection[str] = ()) -> Cells:
    """Read a whole table.

    Parameters
    ----------
    path
        Text that commas, semicolons, tabs or bars divide, in any common encoding; or Parquet.
    known
        Names that the header is expected to hold; they tell which delimiter it is.

    Raises
    ------
    DatasetError
        If the file cannot be read, or holds no rows; one line that names the file.
    """
    try:
        content = _content(path)
        is_parquet = _is_parquet(content)
        cells = _from_parquet(path, content) if is_parquet else _from_text(path, content, known)
    except TableError as error:
        raise DatasetError(f"{path.name}: {error}") from error
    if not cells.lines and not cells.malformed:
        raise DatasetError(f"{path.name}: no rows below the header")
    return cells


def _name(path: Path) -> str:
    """A file's name as text that every document can hold, also where it is none in UTF-8."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # Whatever it is, a device or a pipe too: no more of it is read than may be held.
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DatasetError(f"{path.name}: cannot read the file: {error.strerror}") from error
    require_bytes(len(content))
    for mark, told in _PACKED.items():
        if content.startswith(mark):
            raise TableError(told)
    return content


def _is_parquet(content: bytes) -> bool:
    return content.startswith(PARQUET_MARK) and content.endswith(PARQUET_MARK)


def _from_text(path: Path, content: bytes, known: Collection[str]) -> Cells:
    text = text_file.decode(content)
    records = text_file.records(text, text_file.delimiter(text, known))
    header = _header(path, next(records, Record(1)))
    lines, rows, malformed = _well_formed(records, len(header))
    return Cells(
        source=_name(path),
        header=header,
        lines=tuple(lines),
        columns=tuple(zip(*rows, strict=True)) if rows else ((),) * len(header),
        malformed=tuple(malformed),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _header(path: Path, record: Record) -> tuple[str, ...]:
    if record.fault:
        raise DatasetError(
            f"{path.name}: line {record.line}, the header, cannot be read: {record.fault}"
        )
    if not record.cells:
        raise DatasetError(f"{path.name}: the file is empty")
    return tuple(cell.strip() for cell in record.cells)


def _well_formed(
    records: Iterator[Record], width: int
) -> tuple[list[int], list[list[str]], list[RejectedRow]]:
    lines, rows, malformed = [], [], []
    for record in records:
        if record.fault is None and len(record.cells) == width:
            lines.append(record.line)
            rows.append([cell.strip() for cell in record.cells])
            require_cells(len(rows), width)
        else:
            reason = f"it has {len(record.cells)} fields, the header has {width}"
            malformed.append(RejectedRow(line=record.line, reasons=(record.fault or reason,)))
    return lines, rows, malformed


def _from_parquet(path: Path, content: bytes) -> Cells:
    # The release and predict functions, which have no pyarrow, never read a table.
    from modelfleet.tables.parquet import (  # noqa: PLC0415  as above
        DAMAGED,
        NO_VALUE,
        ParquetTable,
    )

    table = ParquetTable(BytesIO(content))
    require_cells(table.rows, len(table.names))
    require_bytes(total_bytes(table.metadata))
    columns: dict[str, list[str]] = {name: [] for name in table.names}
    lines, malformed, line = list[int](), list[RejectedRow](), 2
    for count, batch in table.batches(table.names, _spelled):
        here = range(line, line + count)
        line += count
        if batch is None:
            malformed += [RejectedRow(line=each, reasons=(DAMAGED,)) for each in here]
            continue
        lines += here
        for name, values in batch.items():
            columns[name] += (_NOT_SINGLE if value is NO_VALUE else value for value in values)
    return Cells(
        source=_name(path),
        header=tuple(name.strip() for name in table.names),
        lines=tuple(lines),
        columns=tuple(map(tuple, columns.values())),
        malformed=tuple(malformed),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _spelled(value: Any) -> str:
    """A typed value as a text file would spell it."""
    if value is None or value != value:  # noqa: PLR0124  NaN, as which pandas writes gaps
        return ""
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return str(value).strip()
