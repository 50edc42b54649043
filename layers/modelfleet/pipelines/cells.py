"""Every cell of a table in a file, as text: delimited text of any kind, or Parquet."""

import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

from modelfleet.domain.dataset import RejectedRow
from modelfleet.domain.errors import DatasetError
from modelfleet.pipelines import text_file

PARQUET_MARK = b"PAR1"


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
    content = _content(path)
    cells = (
        _from_parquet(path, content) if _is_parquet(content) else _from_text(path, content, known)
    )
    if not cells.lines and not cells.malformed:
        raise DatasetError(f"{path.name}: there are no rows below the header")
    return cells


def _name(path: Path) -> str:
    """A file's name as text that every document can hold, also where it is none in UTF-8."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path.name}: it cannot be read: {error.strerror}") from error


def _is_parquet(content: bytes) -> bool:
    return content.startswith(PARQUET_MARK) and content.endswith(PARQUET_MARK)


def _from_text(path: Path, content: bytes, known: Collection[str]) -> Cells:
    text = text_file.decode(content)
    records = text_file.records(path.name, text, text_file.delimiter(text, known))
    header = tuple(cell.strip() for cell in next(records, (0, []))[1])
    if not header:
        raise DatasetError(f"{path.name}: it is empty")
    lines, rows, malformed = _well_formed(records, len(header))
    return Cells(
        source=_name(path),
        header=header,
        lines=tuple(lines),
        columns=tuple(zip(*rows, strict=True)) if rows else ((),) * len(header),
        malformed=tuple(malformed),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _well_formed(
    records: Iterator[tuple[int, list[str]]], width: int
) -> tuple[list[int], list[list[str]], list[RejectedRow]]:
    lines, rows, malformed = [], [], []
    for line, record in records:
        if len(record) == width:
            lines.append(line)
            rows.append([cell.strip() for cell in record])
        else:
            reason = f"it has {len(record)} fields, the header has {width}"
            malformed.append(RejectedRow(line=line, reasons=(reason,)))
    return lines, rows, malformed


def _from_parquet(path: Path, content: bytes) -> Cells:
    # The release and predict functions, which have no pyarrow, never read a table.
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(BytesIO(content))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path.name}: it is no Parquet file: {error}") from error
    columns = [tuple(map(_spelled, column.to_pylist())) for column in table.columns]
    return Cells(
        source=_name(path),
        header=tuple(name.strip() for name in table.column_names),
        lines=tuple(range(2, table.num_rows + 2)),
        columns=tuple(columns),
        malformed=(),
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
