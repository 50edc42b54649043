"""Layout of tables: columns that fit the terminal, else records of labelled lines."""

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len

Row = Sequence[str]

# Longer words, such as column names and paths, also wrap after punctuation, and where a script has
# no blanks between words.
_LONG_WORD = 32
_WRAPS_AFTER = re.compile(
    r"(?<=[_\-./:,;=|&+])(?=[^_\-./:,;=|&+])|(?<=[\u3040-\u30ff\u4e00-\u9fff])"
)
# Commands take it as a whole.
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# An option is copied together with its value, unless that is long.
_WORDS = re.compile(r"--[a-z][a-z-]{0,19}[ ](?:'[^']{0,40}'|[^\s'-]\S{0,40}(?!\S))|\S+")
# Texts in narrower columns are hard to read; shorter ones may wrap once.
_READABLE = 20
_GAP = "  "


def one_line(cell: str) -> str:
    """Return a cell without line breaks and tabs, which separate rows and cells."""
    return " ".join(part for part in re.split(r"[\n\t]", cell) if part)


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` terminal cells; only longer words exceed it."""
    return [line for part in text.split("\n") for line in _wrapped_line(part, width)]


def column_widths(rows: Sequence[Row], available: int) -> list[int] | None:
    """Return the widths of a table's columns, in terminal cells; `None` if it does not fit.

    The widest columns give way first, and only if their texts can wrap.

    Parameters
    ----------
    rows
        The headings and the rows, all of the same length.
    available
        Width of the terminal.
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    natural = [max(map(_width, column)) for column in columns]
    least = [
        max(min(_READABLE, (whole + 1) // 2), *map(_longest_piece, column))
        for whole, column in zip(natural, columns, strict=True)
    ]
    room = available - len(_GAP) * (len(columns) - 1)
    if sum(least) > room:
        return None
    limit = max(natural)
    while sum(found := _limited(natural, least, limit)) > room:
        limit -= 1
    return found


def records(headings: Row, rows: Iterable[Row], width: int) -> Iterator[list[tuple[str, str]]]:
    """Yield each row as lines of a label and a text, without blank cells."""
    widest = max(map(_width, headings), default=0)
    is_beside = widest <= width // 3
    indent = widest + len(_GAP) if is_beside else len(_GAP)
    for row in rows:
        lines: list[tuple[str, str]] = []
        for heading, cell in zip(map(one_line, headings), row, strict=True):
            if not cell:
                continue
            label = heading
            if heading and not is_beside:
                lines += [(part, "") for part in wrapped(heading, width)]
                label = ""
            for part in wrapped(cell, width - indent):
                lines.append((label + " " * (indent - cell_len(label)), part))
                label = ""
        yield lines


def _wrapped_line(text: str, width: int) -> Iterator[str]:
    line = ""
    for blank, piece in _pieces(text):
        if line and cell_len(line + blank + piece) > width:
            yield line
            line = piece
        else:
            line += (blank if line else "") + piece
    yield line


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield the parts that are never broken, each with what separates it from the one before."""
    for word in _WORDS.findall(text):
        is_copied = " " in word or _UUID.fullmatch(word) is not None
        is_long = cell_len(word) > _LONG_WORD and not is_copied
        first, *rest = _WRAPS_AFTER.split(word) if is_long else [word]
        yield " ", first
        yield from (("", part) for part in rest)


def _limited(natural: list[int], least: list[int], limit: int) -> list[int]:
    return [max(low, min(whole, limit)) for whole, low in zip(natural, least, strict=True)]


def _width(cell: str) -> int:
    return max(map(cell_len, cell.split("\n")))


def _longest_piece(cell: str) -> int:
    return max((cell_len(piece) for _, piece in _pieces(cell)), default=0)
