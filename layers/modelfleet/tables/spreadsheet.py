"""CSV that spreadsheets never take for formulas.

A spreadsheet calculates a cell that begins with one of a few characters, whatever quotes are around
it in the file. Such text gets an apostrophe in front, by which spreadsheets know text; so does what
stands behind a character that divides cells elsewhere, such as a semicolon; see
https://owasp.org/www-community/attacks/CSV_Injection. `plain` takes them away again, so that what
is written and read back is what it was. Numbers, negative ones as well, are left as they are. JSON
Lines and Parquet have no formulas and hold every text as it is.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

MARK = "'"
# The writer puts quotes around what holds a character of its line end, so it must have both: a
# carriage return without quotes begins a new row, and so a new cell, to a spreadsheet.
_LINE_END = "\r\n"
# Each place where a cell may begin. Elsewhere than in the file's own dialect it does so behind a
# semicolon, a tab, a bar or the end of a line as well: that is what Excel divides by where commas
# are decimal, and LibreOffice by default, whatever quotes a cell within a row has.
_BEGINNING = r"(\A|[;|\t\r\n])"
# What a spreadsheet may take away in front of a formula: white space, quotes, the unseen.
_LOST = r"[\s'\"\x00-\x1f\x7f\xad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe0e\ufe0f\ufeff]*"
# The wide and small forms are what spreadsheets in Chinese, Japanese and Korean take for the narrow
# ones, and U+2212 is a minus.
_SIGN = r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212]"
_FORMULA = re.compile(rf"{_BEGINNING}(?={_LOST}{_SIGN})|(\A)(?='*[\t\r\n])")
_MARKED = re.compile(rf"{_BEGINNING}'(?={_LOST}{_SIGN})|(\A)'(?='*[\t\r\n])")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def cell(value: Any) -> Any:
    """A value as it may stand in a cell: text that looks like a formula is marked as text.

    Text that is marked already is marked once more, so that no two texts become one.
    """
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    return _FORMULA.sub(rf"\g<0>{MARK}", value)


def plain(text: str) -> str:
    """What a cell held before it was marked; text that `cell` never makes is left as it is."""
    found = _MARKED.sub(lambda mark: mark[0].removesuffix(MARK), text)
    return found if cell(found) == text else text


def unmarked(cells: Iterable[str]) -> list[str]:
    """The cells of a record as they were before text was marked."""
    return [plain(text) for text in cells]


class _LineFeeds:
    """Ends lines as the files of this product do."""

    def __init__(self, file: "SupportsWrite[str]") -> None:
        self._file = file

    def write(self, line: str) -> None:
        """Write a line that the writer has ended."""
        self._file.write(f"{line.removesuffix(_LINE_END)}\n")


def write_rows(
    file: "SupportsWrite[str]",
    names: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    header: bool = True,
) -> None:
    """Write a table as CSV; names and values are what strangers chose.

    Parameters
    ----------
    file
        Opened with `newline=""`.
    names
        Of the columns, in their order; every row has them and no other.
    rows
        The values by name; `None` is an empty cell.
    header
        Whether the names come first; not where rows are added to a file.
    """
    writer = csv.writer(_LineFeeds(file), lineterminator=_LINE_END)
    if header:
        writer.writerow([cell(name) for name in names])
    known = set(names)
    for row in rows:
        if unknown := row.keys() - known:
            raise ValueError(f"the row has fields that are not in the header: {sorted(unknown)}")
        writer.writerow([cell(row.get(name)) for name in names])
