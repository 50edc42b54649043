"""CSV output that is safe from formula injection.

Spreadsheets evaluate cells that start with certain characters, even if they are quoted in the
file. Such text gets an apostrophe in front, which marks text in spreadsheets; so does text after
characters that are delimiters in other locales, such as semicolons; see
https://owasp.org/www-community/attacks/CSV_Injection. `plain` reverses this, so that values
survive a round trip. Numbers, including negative ones, are unchanged. JSON Lines and Parquet have
no formulas and store all text unchanged.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

MARK = "'"
# The writer quotes cells that contain a character of its line terminator, so that must have both:
# to a spreadsheet, an unquoted carriage return starts a new row, and thereby a new cell.
_LINE_END = "\r\n"
# Positions where a cell may start. Besides the file's own delimiter, these are after a semicolon,
# tab, bar, or line break: Excel uses semicolons where the decimal mark is a comma, and LibreOffice
# splits at all of these by default, regardless of quotes within a row.
_BEGINNING = r"(\A|[;|\t\r\n])"
# Characters that a spreadsheet may strip before a formula: white space, quotes, invisible ones.
_LOST = r"[\s'\"\x00-\x1f\x7f\xad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe0e\ufe0f\ufeff]*"
# Spreadsheets in Chinese, Japanese, and Korean accept full-width and small forms of these
# characters; U+2212 is a minus sign.
_SIGN = r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212]"
_FORMULA = re.compile(rf"{_BEGINNING}(?={_LOST}{_SIGN})|(\A)(?='*[\t\r\n])")
_MARKED = re.compile(rf"{_BEGINNING}'(?={_LOST}{_SIGN})|(\A)'(?='*[\t\r\n])")
# A formula whose value is a text: it keeps the zeros of a code in Excel.
_TEXT = re.compile(r'="([^"]*)"')
TEXT_MARK = '="'
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def cell(value: Any) -> Any:
    """Mark text that looks like a formula; other values are returned unchanged.

    Marked text is marked again, so that different texts stay different.
    """
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    return _FORMULA.sub(rf"\g<0>{MARK}", value)


def plain(text: str) -> str:
    """Return the text of a cell before marking; text that `cell` cannot produce is unchanged.

    A formula of a single text, such as `="00501"`, is that text.
    """
    if (quoted := _TEXT.fullmatch(text)) is not None:
        return quoted[1]
    found = _MARKED.sub(lambda mark: mark[0].removesuffix(MARK), text)
    return found if cell(found) == text else text


def unmarked(cells: Iterable[str]) -> list[str]:
    """Return the cells of a record before marking."""
    return [plain(text) for text in cells]


class _LineFeeds:
    """File wrapper that ends lines with a line feed."""

    def __init__(self, file: "SupportsWrite[str]") -> None:
        self._file = file

    def write(self, line: str) -> None:
        """Write a line, with the line terminator replaced."""
        self._file.write(f"{line.removesuffix(_LINE_END)}\n")


def write_rows(
    file: "SupportsWrite[str]",
    names: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    header: bool = True,
) -> None:
    """Write a table as CSV; names and values are untrusted.

    Parameters
    ----------
    file
        File opened with `newline=""`.
    names
        Ordered column names; rows may have no others.
    rows
        Values by column name; `None` becomes an empty cell.
    header
        Whether to write the names first; false when appending to a file.
    """
    writer = csv.writer(_LineFeeds(file), lineterminator=_LINE_END)
    if header:
        writer.writerow([cell(name) for name in names])
    known = set(names)
    for row in rows:
        if unknown := row.keys() - known:
            raise ValueError(f"the row has fields that are not in the header: {sorted(unknown)}")
        writer.writerow([cell(row.get(name)) for name in names])
