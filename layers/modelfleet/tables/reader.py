"""Reader of the header and rows of a table in any supported format.

All files are read through this module. The layout of the file becomes a `TableFormat`, to which
`tables.columns.formats` adds the format of each column.
"""

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from io import BytesIO
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow.compute as pc

from modelfleet.spec.errors import DatasetError, TableError
from modelfleet.spec.words import folded
from modelfleet.tables import limits
from modelfleet.tables.columns.arrow_cells import ArrowCells, joined, taken
from modelfleet.tables.files.blocks import Block, TextBlocks, block_of
from modelfleet.tables.files.json_rows import (
    ObjectBlock,
    array_blocks,
    json_array,
    json_object,
    line_blocks,
    require_rows,
)
from modelfleet.tables.files.layout import Layout, delimiter_of, find_layout
from modelfleet.tables.files.lines import BYTE_ORDER_MARK, Lines
from modelfleet.tables.files.opened import OpenedFile, open_file
from modelfleet.tables.files.parquet import DAMAGED, NO_VALUE, ParquetTable
from modelfleet.tables.files.records import (
    LONGEST_FIELD,
    Record,
    Records,
    RejectedRow,
    is_unicode,
    read_lines,
)
from modelfleet.tables.files.text import UTF8, UTF16_MARKS, Utf8, find_encoding, require_encoding
from modelfleet.tables.files.workbook import Workbook, cell_value, column_of
from modelfleet.tables.limits import require_bytes, require_cells, total_bytes
from modelfleet.tables.table_format import AS_FOUND, PLAIN, FileKind, ReadOptions, TableFormat

# Number of lines used to detect the layout of a text, and of objects to collect names from.
_TELLING_LINES = 200
_TELLING_OBJECTS = 1_000
_NOT_SINGLE = "it must be a single value"
_INSTEAD = "(not a single value)"
_REPEATS = "it repeats the header"
_TELLING_NAMES = 2
_SINGLE_QUOTED = re.compile(r"'.*'")
_SHOWN = 100
_BLOCK_ROWS = 10_000

IsRow = Callable[[Sequence[str], Sequence[str]], bool]
"""Tells whether cells are a row of the table, given the header."""


class OpenTable:
    """An open table with a known header.

    Parameters
    ----------
    file
        Seekable file.
    name
        Name of the file; its suffix distinguishes text formats.
    options
        The user's instructions for reading it.
    known
        Names that the header is expected to contain.
    kind
        Format of the file, regardless of its name.
    whole
        Whether to read all rows, into memory, before determining the header. Only matters for JSON,
        where a field may first appear in a late row.
    is_row
        Detects a row of the table within a quoted field, after a stray quote.

    Attributes
    ----------
    header : tuple of str
        Stripped column names, possibly duplicated or empty.
    format : TableFormat
        How the file is read, without its columns.

    Raises
    ------
    TableError
        If the file cannot be read.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str = "",
        options: ReadOptions = AS_FOUND,
        *,
        known: Collection[str] = (),
        kind: FileKind | None = None,
        whole: bool = False,
        is_row: IsRow | None = None,
    ) -> None:
        self._options, self._known, self._is_row = options, known, is_row
        self._whole = whole
        self._read_blocks: Callable[[Sequence[int]], Iterator[Block]] | None = None
        self.rows: int | None = None
        self.header: tuple[str, ...] = ()
        opened = open_file(file, name, kind)
        self.format = TableFormat(kind=opened.kind, compressed=opened.compressed)
        self._records = _OPENERS[opened.kind](self, opened)

    def records(self, positions: Sequence[int] | None = None) -> Iterator[Record]:
        """Yield every row, with the cells at the given positions of the header, or all of them.

        Cells are text, or typed values if the file has types; `None` if empty.
        """
        if positions is not None:
            return self._records(positions)
        return map(_single, self._records(range(len(self.header))))

    def blocks(self, positions: Sequence[int] | None = None) -> Iterator[Block]:
        """Yield the rows of `records` in blocks, as columns; in Arrow if the file allows it."""
        chosen = range(len(self.header)) if positions is None else positions
        if self._read_blocks is not None and chosen:
            names = [self.header[position] for position in chosen]
            for block in self._read_blocks(chosen):
                whole = block if positions is not None else _singles(block)
                yield _without_faults(_without_headers(whole, names), names)
            return
        records = self.records(positions)
        # Transpose block by block, so that rows and columns are not both in memory.
        while few := list(islice(records, _BLOCK_ROWS)):
            yield block_of(few, len(chosen))

    def _text(self, opened: OpenedFile) -> "_Read":
        asked = self._options.encoding
        encoding = require_encoding(asked) if asked else find_encoding(opened.file)
        lines = Lines(opened.file if encoding == UTF8 else Utf8(opened.file, encoding))
        first = lines.first(_TELLING_LINES)
        said = self._options.delimiter
        layout = find_layout(
            "".join(first), self._known, delimiter_of(said) if said is not None else None
        )
        self.format = self.format.model_copy(
            update={
                "encoding": encoding,
                "delimiter": layout.delimiter,
                "skipped_lines": layout.skipped_lines,
                "row_names": layout.row_names,
                "trailing_delimiters": layout.trailing_delimiters,
            }
        )
        lines.skip(layout.skipped_lines)
        return self._delimited(lines, layout)

    def _delimited(self, lines: Lines, layout: Layout) -> "_Read":
        found = Records(
            lines, layout.delimiter, self._swallowed, first_line=layout.skipped_lines + 1
        )
        records = iter(found)
        first = next(records, Record(1))
        if first.fault:
            raise TableError(f"line {first.line}, the header, cannot be read: {first.fault}")
        if not first.cells:
            raise TableError("the file is empty")
        self.header = _header(first.cells, layout)
        names = self.header[int(layout.row_names) :]
        if len(names) > 1 and all(map(_SINGLE_QUOTED.fullmatch, names)):
            raise TableError("its names are in single quotes; write its texts in double quotes")
        width, trailing = len(self.header), layout.trailing_delimiters
        found.expect(width + trailing)

        def checked(record: Record, positions: Sequence[int]) -> Record:
            if record.fault:
                return record
            cells = record.cells
            if len(cells) != width and not _only_trails(cells, width, trailing):
                fault = f"it has {len(cells)} fields, the header has {width}"
                return Record(record.line, fault=fault)
            taken = [cells[position].strip() for position in positions]
            named = [self.header[position] for position in positions]
            if taken == named and len(set(named)) > 1:
                return Record(record.line, fault=_REPEATS)
            return Record(
                record.line, taken, None if _is_clean(taken) else self._fault(taken, named)
            )

        def read(positions: Sequence[int]) -> Iterator[Record]:
            return (checked(record, positions) for record in records)

        def read_blocks(positions: Sequence[int]) -> Iterator[Block]:
            lines.put_back(found.returned())
            return iter(
                TextBlocks(
                    lines,
                    found,
                    partial(checked, positions=positions),
                    delimiter=layout.delimiter,
                    fields=width + trailing,
                    trailing=trailing,
                    positions=positions,
                )
            )

        if layout.delimiter.isascii():
            self._read_blocks = read_blocks
        return read

    def _swallowed(self, cells: Sequence[str]) -> bool:
        return self._is_row is not None and self._is_row(self.header, cells[: len(self.header)])

    @staticmethod
    def _fault(cells: Sequence[Any], names: Sequence[str]) -> str | None:
        """Return the first fault among a record's cells, or `None`."""
        for name, cell in zip(names, cells, strict=True):
            if fault := value_fault(cell):
                return f"{printable(name)[:_SHOWN]}: {fault}"
        return None

    def _objects(self, opened: OpenedFile) -> "_Read":
        mark = BYTE_ORDER_MARK.encode()
        rest = (line.removeprefix(mark) for line in read_lines(_json_bytes(opened.file)))
        first = list(islice(rest, _TELLING_LINES))
        require_rows([line for line in first if line.strip()])
        lines = chain(first, rest)
        if self._whole:
            return self._object_blocks(list(line_blocks(lines)))
        numbered = enumerate(lines, start=1)
        return self._named((n, *json_object(line)) for n, line in numbered if line.strip())

    def _array(self, opened: OpenedFile) -> "_Read":
        content = opened.file.read(limits.MOST_BYTES + 1)
        require_bytes(len(content))
        encoding = find_encoding(BytesIO(content))
        text = content.decode(encoding, "replace").lstrip(BYTE_ORDER_MARK)
        if self._whole:
            return self._object_blocks(list(array_blocks(text)))
        return self._named(json_array(text))

    def _object_blocks(self, found: Sequence[ObjectBlock]) -> "_Read":
        """Read all objects of a file, with every field that any of them has as a column."""
        names = list(dict.fromkeys(name for block in found for name in block.columns))
        require_cells(sum(len(block.lines) for block in found), len(names))
        self.header = tuple(name.strip() for name in names)

        def read_blocks(positions: Sequence[int]) -> Iterator[Block]:
            wanted = [names[position] for position in positions]
            for block in found:
                nulls = [None] * len(block.lines)
                columns = [block.columns.get(name, nulls) for name in wanted]
                yield Block(np.array(block.lines, dtype=np.int64), columns, block.malformed)

        def read(positions: Sequence[int]) -> Iterator[Record]:
            for block in read_blocks(positions):
                yield from _records_of(block, [names[position] for position in positions])

        self._read_blocks = read_blocks
        return read

    def _named(self, rows: "Iterator[tuple[int, dict[str, Any] | None, str | None]]") -> "_Read":
        first = list(islice(rows, _TELLING_OBJECTS))
        found = [row for _, row, _ in first if row is not None]
        counts: dict[str, int] = {}
        for row in found:
            for name in row:
                counts[name] = counts.get(name, 0) + 1
        # A field that only a few objects have is treated as a misspelling in these rows, not as a
        # column.
        least = len(found) / 2
        known = set(map(folded, self._known))
        names = [n for n, c in counts.items() if c >= least or folded(n) in known]
        self.header = tuple(name.strip() for name in names)
        places = set(names)

        def read(positions: Sequence[int]) -> Iterator[Record]:
            wanted = [names[position] for position in positions]
            for line, row, broken in chain(first, rows):
                if row is None:
                    yield Record(line, fault=broken)
                    continue
                cells = [row.get(name) for name in wanted]
                more = {name: row[name] for name in row.keys() - places}
                fault = self._fault([*cells, *more.values()], [*wanted, *more])
                yield Record(line, [_plain(cell) for cell in cells], fault, more)

        return read

    def _parquet(self, opened: OpenedFile) -> "_Read":
        table = ParquetTable(opened.file)
        self.rows = table.rows
        self.header = tuple(name.strip() for name in table.names)
        if self._whole:
            require_cells(table.rows, len(table.names))
            require_bytes(total_bytes(table.metadata))

        def read(positions: Sequence[int]) -> Iterator[Record]:
            wanted = [table.names[position] for position in positions]
            line = 1
            for count, batch in table.batches(wanted, _typed):
                values = None if batch is None else list(batch.values())
                rows = zip(*values, strict=True) if values else ((),) * count
                for cells in rows:
                    line += 1
                    if values is None:
                        yield Record(line, fault=DAMAGED)
                    else:
                        yield Record(line, cells, self._fault(cells, wanted))

        def read_blocks(positions: Sequence[int]) -> Iterator[Block]:
            wanted = [table.names[position] for position in positions]
            first = 2
            for count, batch in table.batches(wanted, _typed):
                lines = np.arange(first, first + count)
                if batch is None:
                    damaged = (RejectedRow(line=n, reasons=(DAMAGED,)) for n in lines.tolist())
                    yield Block(lines[:0], [()] * len(wanted), [*damaged])
                else:
                    yield Block(lines, list(batch.values()))
                first += count

        self._read_blocks = read_blocks
        return read

    def _workbook(self, opened: OpenedFile) -> "_Read":
        book = Workbook(opened.file)
        sheet = book.sheet(self._options.sheet, self._known)
        self.format = self.format.model_copy(update={"sheet": sheet})
        rows = book.rows(sheet)
        if not rows:
            raise TableError("the file is empty")
        layout = find_layout(_as_text(rows[:_TELLING_LINES]), self._known, "\t")
        header = list(map(cell_value, rows[layout.skipped_lines][1]))
        self.header = tuple(str(cell).strip() if cell is not None else "" for cell in header)
        lines = rows[layout.skipped_lines][0] - 1
        self.format = self.format.model_copy(update={"skipped_lines": lines})
        below = rows[layout.skipped_lines + 1 :]

        def read_blocks(positions: Sequence[int]) -> Iterator[Block]:
            for start in range(0, len(below), _BLOCK_ROWS):
                block = below[start : start + _BLOCK_ROWS]
                columns = [column_of([row[each] for _, row in block]) for each in positions]
                yield Block(np.array([line for line, _ in block], dtype=np.int64), columns)

        def read(positions: Sequence[int]) -> Iterator[Record]:
            for block in read_blocks(positions):
                yield from _records_of(block, [self.header[position] for position in positions])

        self._read_blocks = read_blocks
        return read


_Read = Callable[[Sequence[int]], Iterator[Record]]
_OPENERS: dict[FileKind, Callable[[OpenTable, OpenedFile], _Read]] = {
    FileKind.CSV: OpenTable._text,
    FileKind.JSONL: OpenTable._objects,
    FileKind.JSON: OpenTable._array,
    FileKind.PARQUET: OpenTable._parquet,
    FileKind.XLSX: OpenTable._workbook,
}


@dataclass(frozen=True)
class Cells:
    """Columns of a file.

    Attributes
    ----------
    source
        Name of the file.
    header
        Stripped names of all columns, possibly duplicated or empty.
    lines
        Line of each row in the file, counted from 1; length n.
    columns
        Cells of each column that was read: stripped text, or typed values if the file has types,
        `None` for nulls; length n each.
    malformed
        Rows that cannot be read, or have the wrong number of fields.
    sha256
        Hash of the file's bytes.
    format
        How the file was read, without its columns.
    sampled_from
        Number of rows in the file, if these are a sample of them.
    """

    source: str
    header: tuple[str, ...]
    lines: tuple[int, ...]
    columns: tuple[Sequence[Any], ...]
    malformed: tuple[RejectedRow, ...]
    sha256: str
    format: TableFormat = PLAIN
    sampled_from: int | None = None


Choose = Callable[[Sequence[str]], Sequence[int]]
"""Returns the positions of the columns to read, given the header."""


def read_cells(
    path: Path,
    options: ReadOptions = AS_FOUND,
    *,
    known: Collection[str] = (),
    choose: Choose | None = None,
    is_row: IsRow | None = None,
) -> Cells:
    """Read a table, or some of its columns, into memory.

    Parameters
    ----------
    path
        Delimited text, JSON Lines, a JSON array, Parquet, or an Excel workbook, optionally
        compressed with gzip.
    options
        The user's instructions for reading the file.
    known
        Names that the header is expected to contain.
    choose
        Selects the columns to read; by default all, with placeholders for nested values.
    is_row
        Detects a row of the table within a quoted field, after a stray quote.

    Raises
    ------
    DatasetError
        If the file cannot be read or has no rows, in one line that names the file.
    """
    try:
        content = _content(path)
        table = OpenTable(
            BytesIO(content), path.name, options, known=known, whole=True, is_row=is_row
        )
        found = _gathered(table, None if choose is None else choose(table.header))
    except TableError as error:
        raise DatasetError(f"{path.name}: {error}") from error
    if not found.lines and not found.malformed:
        raise DatasetError(f"{path.name}: no rows below the header")
    return replace(found, source=_name(path), sha256=hashlib.sha256(content).hexdigest())


def _gathered(table: OpenTable, positions: Sequence[int] | None) -> Cells:
    lines, malformed = list[int](), list[RejectedRow]()
    width = len(table.header) if positions is None else len(positions)
    columns = [list[Sequence[Any]]() for _ in range(width)]
    for block in table.blocks(positions):
        malformed += block.malformed
        lines += block.lines.tolist()
        require_cells(len(lines), width)
        for parts, part in zip(columns, block.columns, strict=True):
            parts.append(part)
    return Cells(
        source="",
        header=table.header,
        lines=tuple(lines),
        columns=tuple(map(joined, columns)),
        malformed=tuple(malformed),
        sha256="",
        format=table.format,
    )


def _name(path: Path) -> str:
    """Return a file's name as valid Unicode, even if it is not encoded in UTF-8."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # Limit the read, because the path may be a device or a pipe.
            content = file.read(limits.MOST_BYTES + 1)
    except OSError as error:
        raise DatasetError(f"{path.name}: cannot read the file: {error.strerror}") from error
    require_bytes(len(content))
    return content


def _header(cells: Sequence[str], layout: Layout) -> tuple[str, ...]:
    names = [printable(cell.strip()) for cell in cells[: len(cells) - layout.blank_names]]
    if layout.trailing_delimiters:
        while names and not names[-1]:
            names.pop()
    return ("", *names) if layout.row_names else tuple(names)


def _only_trails(cells: Sequence[str], width: int, trailing: int) -> bool:
    """Return whether the fields of a row beyond the header are all blank."""
    beyond = cells[width:]
    return width < len(cells) <= width + trailing and not any(map(str.strip, beyond))


def _is_clean(cells: Sequence[str]) -> bool:
    """Return whether the cells are ASCII, as in most rows, which need no further checks."""
    return "".join(cells).isascii()


def value_fault(value: Any) -> str | None:
    """Return why a cell is not a valid value, or `None` if it is."""
    if isinstance(value, str):
        if len(value) > LONGEST_FIELD:
            return f"it is longer than {LONGEST_FIELD:,} characters"
        return None if is_unicode(value) else "it is not valid Unicode"
    if value is None or isinstance(value, int | float):
        return None
    return _NOT_SINGLE


def _single(record: Record) -> Record:
    """Replace the cells of a record that are not single values by a placeholder."""
    if record.fault is None or not record.fault.endswith(_NOT_SINGLE):
        return record
    cells = [_INSTEAD if value_fault(cell) == _NOT_SINGLE else cell for cell in record.cells]
    return Record(record.line, cells)


def _singles(block: Block) -> Block:
    """Replace cells that are not single values by a placeholder."""
    columns = [
        each
        if isinstance(each, ArrowCells) or NO_VALUE not in each
        else [_INSTEAD if cell is NO_VALUE else cell for cell in each]
        for each in block.columns
    ]
    return replace(block, columns=columns)


def _without_faults(block: Block, names: Sequence[str]) -> Block:
    """Reject the rows of a block that have a cell that is not a valid value."""
    faults: dict[int, str] = {}
    for name, cells in zip(reversed(names), reversed(block.columns), strict=True):
        for place in _suspects(cells):
            if fault := value_fault(cells[place]):
                faults[place] = f"{printable(name)[:_SHOWN]}: {fault}"
    if not faults:
        return block
    kept = np.ones(block.lines.size, dtype=np.bool_)
    kept[[*faults]] = False
    malformed = [
        RejectedRow(line=int(block.lines[place]), reasons=(faults[place],))
        for place in sorted(faults)
    ]
    columns = [taken(cells, np.flatnonzero(kept)) for cells in block.columns]
    return Block(block.lines[kept], columns, [*block.malformed, *malformed])


def _without_headers(block: Block, names: Sequence[str]) -> Block:
    """Reject the rows of a block that repeat the header, as in files that were joined."""
    if len(set(names)) < _TELLING_NAMES:
        return block
    same = np.ones(block.lines.size, dtype=np.bool_)
    for name, cells in zip(names, block.columns, strict=True):
        if not isinstance(cells, ArrowCells) or not cells.is_text:
            return block
        found = pc.fill_null(pc.equal(cells.array, name), False)
        same &= found.to_numpy(zero_copy_only=False)
        if not same.any():
            return block
    malformed = [RejectedRow(line=n, reasons=(_REPEATS,)) for n in block.lines[same].tolist()]
    columns = [taken(cells, np.flatnonzero(~same)) for cells in block.columns]
    return Block(block.lines[~same], columns, [*block.malformed, *malformed])


def _suspects(cells: Sequence[Any]) -> Iterable[int]:
    """Return the places of cells that may not be valid values."""
    if not isinstance(cells, ArrowCells):
        return range(len(cells))
    return cells.longer_than(LONGEST_FIELD) if cells.is_text else ()


def printable(text: str) -> str:
    """Return a text with characters that cannot be encoded replaced."""
    return text if is_unicode(text) else text.encode("utf-8", "replace").decode()


def _records_of(block: Block, names: Sequence[str]) -> Iterator[Record]:
    """Yield the rows of a block, and those that cannot be read, in the order of the file."""
    rows = zip(*block.columns, strict=True) if block.columns else repeat((), block.lines.size)
    found = [
        Record(line, cells, OpenTable._fault(cells, names))
        for line, cells in zip(block.lines.tolist(), rows, strict=False)
    ]
    faults = [Record(row.line, fault=row.reasons[0]) for row in block.malformed]
    yield from sorted([*found, *faults], key=lambda record: record.line)


def _as_text(rows: Sequence[tuple[int, Sequence[Any]]]) -> str:
    """Return rows as tab-delimited text, for detection of the header."""
    return "".join("\t".join(map(_in_one_line, row)) + "\n" for _, row in rows)


def _in_one_line(cell: Any) -> str:
    value = cell_value(cell)
    return "" if value is None else " ".join(str(value).split()).replace('"', "'")


def _json_bytes(file: BinaryIO) -> "BinaryIO | Utf8":
    """Return the file in UTF-8; some programs write JSON in UTF-16, with a byte order mark."""
    mark = file.read(2)
    file.seek(0)
    return Utf8(file, "utf-16") if mark in UTF16_MARKS else file


def _plain(value: Any) -> Any:
    if value != value:  # noqa: PLR0124  # NaN, a missing number
        return None
    return value.strip() if isinstance(value, str) else value


def _typed(value: Any) -> Any:
    """Convert a Parquet value; pandas writes missing numbers as NaN."""
    if isinstance(value, str):
        return value.strip()
    if value is None or isinstance(value, int | float):
        return None if value != value else value  # noqa: PLR0124  # NaN
    if isinstance(value, date):
        is_day = isinstance(value, datetime) and value.tzinfo is None and value.time() == time()
        return value.isoformat()[: len("2026-01-01")] if is_day else value.isoformat()
    if isinstance(value, timedelta):
        # As text, a duration of less than a day reads like a time of day.
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape").strip()
    return str(value)
