"""Delimited text in blocks: well-formed lines as columns, all others record by record."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from modelfleet.tables.columns.arrow_cells import ArrowCells, mapped, stripped
from modelfleet.tables.files.lines import BYTE_ORDER_MARK, Lines
from modelfleet.tables.files.records import LONGEST_FIELD, Record, Records, RejectedRow
from modelfleet.tables.spreadsheet import MARK, TEXT_MARK, plain

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]

_LINE_FEED, _RETURN, _QUOTE = b'\n\r"'
_MARK_BYTES = BYTE_ORDER_MARK.encode()
# Characters of a line without content, besides its delimiters.
_BLANK = b" \t\n\r\v\f\x1c\x1d\x1e\x1f\"'"
_ASCII = 0x80


@dataclass(frozen=True)
class Block:
    """Consecutive rows of a table: the line of each, shape (n,), and its columns, length n."""

    lines: Places
    columns: Sequence[Sequence[Any]]
    malformed: Sequence[RejectedRow] = ()


@dataclass
class _Found:
    """Rows and faults of the records that were read one by one."""

    lines: list[int] = field(default_factory=list)
    cells: list[Sequence[Any]] = field(default_factory=list)
    malformed: list[RejectedRow] = field(default_factory=list)

    def add(self, record: Record) -> None:
        if record.fault is not None:
            self.malformed.append(RejectedRow(line=record.line, reasons=(record.fault,)))
            return
        self.lines.append(record.line)
        self.cells.append(record.cells)


def block_of(records: Sequence[Record], width: int) -> Block:
    """Return records of a number of cells as a block."""
    found = _Found()
    for record in records:
        found.add(record)
    columns = [*zip(*found.cells, strict=True)] if found.cells else [()] * width
    return Block(np.array(found.lines, dtype=np.int64), columns, found.malformed)


class TextBlocks:
    """Reader of the rows of a delimited text below its header.

    Parameters
    ----------
    lines
        The lines below the header.
    records
        Reader of the same lines, at the same line.
    check
        Returns a record with the cells at the chosen positions, or the fault of its row.
    delimiter
        Delimiter of fields.
    fields, trailing
        Number of fields of a row, and how many of them are blank and have no name.
    positions
        Fields to read, at least one.
    """

    def __init__(
        self,
        lines: Lines,
        records: Records,
        check: Callable[[Record], Record],
        *,
        delimiter: str,
        fields: int,
        trailing: int,
        positions: Sequence[int],
    ) -> None:
        self._lines, self._records, self._check = lines, records, check
        self._delimiter, self._fields, self._trailing = delimiter, fields, trailing
        self._positions = positions

    def __iter__(self) -> Iterator[Block]:
        """Yield every row once, in the order of the file."""
        while lines := self._lines.block():
            if not lines[-1].endswith((b"\n", b"\r")):
                lines[-1] += b"\n"
            yield self._block(lines)

    def _block(self, lines: list[bytes]) -> Block:
        first = self._records.line
        well_formed = self._well_formed(lines)
        found = _Found()
        place = 0
        for number in np.flatnonzero(~well_formed).tolist():
            if number < place:
                continue
            self._records.skip(number - place)
            self._lines.put_back(lines[number:])
            record = next(iter(self._records), None)
            self._lines.put_back(self._records.returned())
            if record is not None:
                found.add(self._check(record))
            place = self._records.line - first
            well_formed[number:place] = False
            if place >= len(lines):
                break
            self._lines.skip(len(lines) - place)
        else:
            self._records.skip(len(lines) - place)
        return self._together(lines, first + np.flatnonzero(well_formed), well_formed, found)

    def _together(
        self, lines: list[bytes], numbers: Places, well_formed: Mask, found: _Found
    ) -> Block:
        """Return the well-formed lines and the records as one block, in the order of the file."""
        if not numbers.size:
            cells = [*zip(*found.cells, strict=True)] or [()] * len(self._positions)
            columns = [ArrowCells(pa.array(each, pa.string())) for each in cells]
            return Block(np.array(found.lines, dtype=np.int64), columns, found.malformed)
        kept = lines if numbers.size == len(lines) else _where(lines, well_formed)
        columns = self._parsed(b"".join(kept))
        if found.lines:
            others = zip(*found.cells, strict=True)
            numbers = np.concatenate((numbers, np.array(found.lines, dtype=np.int64)))
            order = np.argsort(numbers)
            numbers = numbers[order]
            columns = [_ordered(one, two, order) for one, two in zip(columns, others, strict=True)]
        return Block(numbers, columns, found.malformed)

    def _parsed(self, content: bytes) -> list[ArrowCells]:
        """Parse well-formed lines; cells are stripped, and without the marks of formulas."""
        names = [str(number) for number in range(self._fields)]
        chosen = [names[position] for position in self._positions]
        table = pa_csv.read_csv(
            pa.BufferReader(content),
            pa_csv.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=names),
            pa_csv.ParseOptions(delimiter=self._delimiter, ignore_empty_lines=False),
            pa_csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(chosen, pa.string()),
                include_columns=chosen,
                strings_can_be_null=False,
            ),
        )
        marks = [
            mark for mark in (MARK, TEXT_MARK) if mark.encode() in content.replace(b'""', b'"')
        ]
        return [_cleaned(column, marks) for column in table.columns]

    def _well_formed(self, lines: list[bytes]) -> Mask:
        """Return which lines are a record that any reader of delimited text reads alike."""
        content = b"".join(lines)
        data = np.frombuffer(content, dtype=np.uint8)
        lengths = np.fromiter(map(len, lines), dtype=np.int64, count=len(lines))
        ends = np.cumsum(lengths)
        starts = ends - lengths
        found: Mask = (lengths <= LONGEST_FIELD) & (data[ends - 1] == _LINE_FEED)
        delimiter = ord(self._delimiter)
        delimiters = np.flatnonzero(data == delimiter)
        quotes = np.flatnonzero(data == _QUOTE)
        if quotes.size:
            found &= _are_quoted_well(data, quotes, starts, ends, delimiter)
            delimiters = _outside(delimiters, quotes, starts, ends)
        bounds = np.searchsorted(delimiters, np.append(starts, ends[-1:]))
        found &= np.diff(bounds) == self._fields - 1
        if self._trailing:
            found &= self._trail(data, ends)
        _leave_out(
            found, np.flatnonzero(_may_be_blank(data[starts], delimiter)), lines, self._is_blank
        )
        if not content.isascii():
            _leave_out(found, _undecodable(content, lines), lines, lambda line: not _is_utf8(line))
            if _MARK_BYTES in content:
                every = np.arange(len(lines))
                _leave_out(found, every, lines, lambda line: line.startswith(_MARK_BYTES))
        return found

    def _trail(self, data: NDArray[np.uint8], ends: Places) -> Mask:
        """Return which lines end with as many delimiters as there are trailing fields."""
        returns = data[np.maximum(ends - 2, 0)] == _RETURN
        last = ends - 2 - returns
        each = [data[np.maximum(last - n, 0)] for n in range(self._trailing)]
        found: Mask = np.logical_and.reduce([byte == ord(self._delimiter) for byte in each])
        return found

    def _is_blank(self, line: bytes) -> bool:
        content = line.translate(None, _BLANK + self._delimiter.encode())
        return not content or (not content.isascii() and content.decode(errors="replace").isspace())


def _ordered(one: ArrowCells, two: Sequence[str], order: Places) -> ArrowCells:
    """Return the cells of both in some order."""
    array = pa.chunked_array([one.array, pa.array(two, pa.string())])
    return ArrowCells(array, one.padded).take(order)


def _where(lines: list[bytes], chosen: Mask) -> list[bytes]:
    return [line for line, is_chosen in zip(lines, chosen.tolist(), strict=True) if is_chosen]


def _leave_out(
    found: Mask, places: Places, lines: list[bytes], rule: Callable[[bytes], bool]
) -> None:
    """Mark lines to which a rule applies as not well-formed."""
    for place in places.tolist():
        if rule(lines[place]):
            found[place] = False


def _cleaned(column: Any, marks: Sequence[str]) -> ArrowCells:
    cells = ArrowCells(column)
    for mark in marks:
        cells = mapped(cells, pc.match_substring(cells.array, mark), plain)
    return stripped(cells.array)


def _may_be_blank(starts: NDArray[np.uint8], delimiter: int) -> Mask:
    """Return which lines start with a byte that lines without content may start with."""
    return np.isin(starts, [*_BLANK, delimiter]) | (starts >= _ASCII)


def _are_quoted_well(
    data: NDArray[np.uint8], quotes: Places, starts: Places, ends: Places, delimiter: int
) -> Mask:
    """Return which lines have quotes around whole fields, and within them only doubled ones."""
    before = np.searchsorted(quotes, starts)
    line = np.searchsorted(ends, quotes, side="right")
    opens = (np.arange(quotes.size) - before[line]) % 2 == 0
    # A line without quotes has no second-last byte to look at; one with quotes has a line end.
    last, following = data[quotes - 1], data[np.minimum(quotes + 1, data.size - 1)]
    after_next = data[np.minimum(quotes + 2, data.size - 1)]
    first = quotes == starts[line]
    begins = first | (last == delimiter) | ((last == _QUOTE) & ~first)
    finishes = (following == delimiter) | (following == _LINE_FEED) | (following == _QUOTE)
    finishes |= (following == _RETURN) & (after_next == _LINE_FEED)
    wrong = np.where(opens, ~begins, ~finishes)
    found: Mask = np.diff(np.append(before, quotes.size)) % 2 == 0
    found[line[wrong]] = False
    return found


def _outside(delimiters: Places, quotes: Places, starts: Places, ends: Places) -> Places:
    """Return the delimiters that are not between quotes."""
    before = np.searchsorted(quotes, starts)
    line = np.searchsorted(ends, delimiters, side="right")
    found: Places = delimiters[(np.searchsorted(quotes, delimiters) - before[line]) % 2 == 0]
    return found


def _undecodable(content: bytes, lines: list[bytes]) -> Places:
    """Return the lines that may not be UTF-8."""
    if _is_utf8(content):
        return np.zeros(0, dtype=np.int64)
    return np.arange(len(lines))


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
