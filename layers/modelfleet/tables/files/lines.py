"""Lines of a text: one by one, or all that have been read at once."""

from collections.abc import Iterator
from itertools import islice

from modelfleet.tables.files.records import Readable, decoded, read_line_lists

BYTE_ORDER_MARK = "\ufeff"


class Lines(Iterator[str]):
    """Decoded lines of a file, without byte order marks.

    Spreadsheets write such a mark, which concatenated files also have further down.

    Parameters
    ----------
    file
        Source of UTF-8 text; invalid bytes become surrogates.
    """

    def __init__(self, file: Readable) -> None:
        self._lists = read_line_lists(file)
        self._lines: list[bytes] = []
        self._at = 0

    def __next__(self) -> str:
        """Return the next line with its ending."""
        if not self._load():
            raise StopIteration
        line = self._lines[self._at]
        self._at += 1
        return decoded(line).removeprefix(BYTE_ORDER_MARK)

    def first(self, count: int) -> list[str]:
        """Return the next lines, which are returned again later."""
        found = list(islice(self, count))
        self.put_back([line.encode("utf-8", "surrogateescape") for line in found])
        return found

    def block(self) -> list[bytes]:
        """Return the lines that have been read from the file, at least one; empty at the end."""
        if not self._load():
            return []
        found = self._lines[self._at :] if self._at else self._lines
        self._lines, self._at = [], 0
        return found

    def put_back(self, lines: list[bytes]) -> None:
        """Return lines again, before all others."""
        self._lines = [*lines, *self._lines[self._at :]]
        self._at = 0

    def skip(self, count: int) -> None:
        """Skip lines that have been put back."""
        self._at += count

    def _load(self) -> bool:
        """Read on if necessary; return whether there is a line."""
        while self._at >= len(self._lines):
            found = next(self._lists, None)
            if found is None:
                return False
            self._lines, self._at = found, 0
        return True
