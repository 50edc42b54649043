"""Records of delimited text; a malformed line does not affect the others."""

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol

from modelfleet.spec.document import Frozen
from modelfleet.tables.spreadsheet import MARK, unmarked

# Python's limit on fields, and the longest valid record.
LONGEST_FIELD = csv.field_size_limit()
LONGEST_RECORD = 1 << 20
_CHUNK_BYTES = 1 << 20
# Truncated lines must still exceed the limit after a byte order mark is removed.
_CUT_BYTES = LONGEST_RECORD + 4
_UNCLOSED = "unexpected end of data"


class RejectedRow(Frozen, extra="ignore"):
    """A rejected row: its line in the source, and the reasons. Its values are not kept."""

    line: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """Cells of a record, or the reason it has none. `line` is its first line, counted from 1.

    `more` are fields of a JSON object that are not columns of the table.
    """

    line: int
    cells: Sequence[Any] = ()
    fault: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def blank(self) -> bool:
        """Whether the record is readable but has no content."""
        return self.fault is None and not any(map(str.strip, self.cells))


class Records:
    """Reader of records; after an unreadable one, it resumes with the next line.

    Otherwise a stray quote would merge all lines below it into one field. A stray quote is detected
    by a field that is not closed within `LONGEST_RECORD` characters, by text after the closing
    quote, or by a multi-line record in which a single line is a row of its own.

    Parameters
    ----------
    lines
        Lines with their line endings, possibly truncated beyond `LONGEST_RECORD`.
    delimiter
        Delimiter of fields.
    is_row
        Whether cells inside a quoted field are a row of the table. By default, they never are if
        the record has as many fields as the header.
    first_line
        Line number of the first line.
    """

    def __init__(
        self,
        lines: Iterable[str],
        delimiter: str,
        is_row: Callable[[Sequence[str]], bool] | None = None,
        first_line: int = 1,
    ) -> None:
        self._lines = iter(lines)
        self._ahead: deque[str] = deque()
        self._delimiter = delimiter
        self._is_row = is_row or (lambda _cells: False)
        self._width = 0
        self._line = first_line

    @property
    def line(self) -> int:
        """Number of the next line."""
        return self._line

    def expect(self, width: int) -> None:
        """Set the number of fields per row, once the header is known."""
        self._width = width

    def skip(self, lines: int) -> None:
        """Count lines that somebody else has read."""
        self._line += lines

    def returned(self) -> list[bytes]:
        """Return the lines that were read ahead, for somebody else to read."""
        lines = [line.encode("utf-8", "surrogateescape") for line in self._ahead]
        self._ahead.clear()
        return lines

    def __iter__(self) -> Iterator[Record]:
        """Yield every non-blank record; the first is the header."""
        while (line := self._next()) is not None:
            found, taken = self._read(line)
            self._line += taken
            if not found.blank:
                self._width = self._width or len(found.cells)
                yield found

    def _next(self) -> str | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def _read(self, first: str) -> tuple[Record, int]:
        """Return the record that starts with a line, and its number of lines."""
        if len(first) > LONGEST_RECORD:
            return self._fault(f"it is longer than {LONGEST_RECORD:,} characters"), 1
        if '"' not in first and len(first) <= LONGEST_FIELD:
            cells = first.rstrip("\r\n").split(self._delimiter)
            return Record(self._line, unmarked(cells) if MARK in first else cells), 1
        taken: list[str] = []
        try:
            cells = self._parse(self._feed(first, taken))
            fault = "a quote in it is never closed" if self._swallowed(cells, taken) else None
        except csv.Error as error:
            fault = _reason(error)
        if fault is None:
            return Record(self._line, unmarked(cells)), len(taken)
        self._ahead.extendleft(reversed(taken[1:]))
        return self._fault(fault), 1

    def _feed(self, first: str, taken: list[str]) -> Iterator[str]:
        line: str | None = first
        length = 0
        while line is not None:
            taken.append(line)
            length += len(line)
            if length > LONGEST_RECORD:
                return
            yield line
            line = self._next()

    def _parse(self, lines: Iterable[str]) -> list[str]:
        return next(
            csv.reader(
                lines,
                delimiter=self._delimiter,
                skipinitialspace=self._delimiter != " ",
                strict=True,
            ),
            [],
        )

    def _swallowed(self, cells: Sequence[str], taken: Sequence[str]) -> bool:
        """Return whether a multi-line record contains rows of the table.

        The last line, where the quoted field ends, may legitimately look like one.
        """
        if self._width <= 1:
            return False
        if len(cells) != self._width:
            return any(len(self._alone(line)) == self._width for line in taken[1:])
        within = map(self._alone, taken[1:-1])
        return any(len(each) == self._width and self._is_row(each) for each in within)

    def _alone(self, line: str) -> list[str]:
        try:
            return self._parse([line])
        except csv.Error:
            return []

    def _fault(self, reason: str) -> Record:
        return Record(self._line, fault=reason)


class Readable(Protocol):
    """Source of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; empty at the end."""
        ...


def read_lines(file: Readable) -> Iterator[bytes]:
    """Yield lines with their endings, LF, CR LF, or CR; long lines are truncated."""
    return chain.from_iterable(read_line_lists(file))


def read_line_lists(file: Readable) -> Iterator[list[bytes]]:
    """Yield the lines of `read_lines` in lists, one per part of the file that is read at once.

    Only as much of a line is held in memory as shows that it exceeds `LONGEST_RECORD`.
    """
    rest, cut = b"", False
    while True:
        chunk = file.read(_CHUNK_BYTES)
        # `bytes.splitlines` only splits at these endings, unlike `str.splitlines`.
        lines = (rest + chunk).splitlines(keepends=True)
        # A CR at the end may be the first half of CR LF.
        rest = lines.pop() if chunk and lines and not lines[-1].endswith(b"\n") else b""
        if cut and lines:
            # The end of a line that has been returned.
            del lines[0]
            cut = False
        yield [line[:_CUT_BYTES] for line in lines]
        if len(rest) > _CUT_BYTES:
            if not cut:
                yield [rest[:_CUT_BYTES]]
            rest, cut = rest[-1:], True
        if not chunk:
            return


def decoded(line: bytes) -> str:
    """Decode a line as UTF-8; invalid bytes become surrogates, which `is_unicode` detects."""
    text = line.decode("utf-8", "surrogateescape")
    # A truncated line must exceed the limit in characters as well.
    return text if len(line) <= LONGEST_RECORD else text.ljust(LONGEST_RECORD + 1)


def is_unicode(text: str) -> bool:
    """Return whether a text can be encoded."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _reason(error: csv.Error) -> str:
    text = str(error)
    return "a quote in it is never closed" if text == _UNCLOSED else f"it cannot be read: {text}"
