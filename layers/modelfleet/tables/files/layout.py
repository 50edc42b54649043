"""Layout of delimited text: delimiter, lines above the header, trailing fields."""

import csv
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from io import StringIO

from modelfleet.spec.errors import TableError
from modelfleet.spec.words import folded

DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR = re.compile(r'"?sep=(.)"?[ \t]*(?:\r\n|\r|\n)', re.IGNORECASE)
_NAMED = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
# Number of records used to detect the layout, and of those that may be above the header.
_TELLING_RECORDS = 100
_TITLES = 20
_BLANK_SHARE = 0.7
_NUMBER = re.compile(r"[-+$€£]?[0-9][0-9.,]*%?")


@dataclass(frozen=True)
class Layout:
    """Position of a text's header, and how its rows differ from it; see `TableFormat`.

    `blank_names` counts blank fields at the end of the header that rows do not have.
    """

    delimiter: str
    skipped_lines: int = 0
    row_names: bool = False
    trailing_delimiters: int = 0
    blank_names: int = 0


@dataclass(frozen=True)
class _Reading:
    """The first non-blank records under one delimiter, and the line of each."""

    delimiter: str
    records: Sequence[list[str]]
    lines: Sequence[int]
    known: frozenset[str]

    @property
    def width(self) -> int:
        """Number of fields of most records."""
        widths = Counter(map(len, self.records[1:] or self.records))
        return widths.most_common(1)[0][0] if widths else 0

    def score(self) -> tuple[int, float, int]:
        """Score the delimiter by known names, consistent fields, and lines above the header."""
        if not self.records:
            return 0, 0.0, 0
        hits = max(map(self._hits, self.records[:_TITLES]))
        below = self.records[1:] or self.records
        alike = sum(len(record) == self.width for record in below) / len(below)
        header = self.header()
        return hits, alike * (min(self.width, len(self.records[header])) - 1), -header

    def _hits(self, record: Sequence[str]) -> int:
        return len(self.known & set(map(folded, record)))

    def header(self) -> int:
        """Return the index of the header: the first record that is not a title."""
        above = self.records[:_TITLES]
        hits = list(map(self._hits, above))
        if max(hits, default=0):
            return hits.index(max(hits))
        titles = (self._is_title(each) or self._is_above(n) for n, each in enumerate(above))
        found = next((n for n, is_title in enumerate(titles) if not is_title), 0)
        fits = found < len(above) and abs(len(self.records[found]) - self.width) <= self._spare
        return found if fits else 0

    @property
    def _spare(self) -> int:
        return 1 + self._trailing(self.width - 1)

    def _is_title(self, record: Sequence[str]) -> bool:
        """Return whether a line above a table has few non-blank fields, even if padded."""
        filled = sum(map(bool, map(str.strip, record)))
        if self.width <= 1 or (len(record) == self.width and not record[0].strip()):
            return False
        return filled < max(2, -(-self.width // 2))

    def _is_above(self, place: int) -> bool:
        """Return whether a line padded with blank fields precedes the header.

        Spreadsheets pad every line to the width of the table.
        """
        if place + 2 >= len(self.records):
            return False
        record, names, rows = (
            self.records[place],
            self.records[place + 1],
            self.records[place + 2 :],
        )
        padded = len(record) == len(names) == self.width and not record[-1].strip()
        # The last column of a header may have no name, too. Names rarely have blanks, or start with
        # a digit.
        wordy = any(" " in text or text[:1].isdigit() for text in map(str.strip, record))
        if not padded or not (wordy or not record[-2].strip()):
            return False
        if not all(map(str.strip, names)) or any(map(_is_number, names)):
            return False
        return all(any(map(_is_number, row)) for row in rows)

    def layout(self) -> Layout:
        """Return the layout under this delimiter."""
        if not self.records:
            return Layout(self.delimiter)
        header = self.header()
        names = [cell.strip() for cell in self.records[header]]
        named = len(names)
        while named and not names[named - 1]:
            named -= 1
        trailing = self._trailing(named, header + 1) if named else 0
        rows = Counter(map(len, self.records[header + 1 :]))
        width = rows.most_common(1)[0][0] if rows else len(names)
        row_names = trailing == 0 and width == len(names) + 1 and len(names) > 1
        return Layout(
            delimiter=self.delimiter,
            skipped_lines=self.lines[header] - 1,
            row_names=row_names and self._has_row_names(header),
            trailing_delimiters=trailing,
            blank_names=len(names) - named if width == named else 0,
        )

    def _trailing(self, named: int, below: int = 1) -> int:
        """Return the number of blank fields that nearly all rows have beyond the named ones."""
        beyond = [record[named:] for record in self.records[below:]]
        width = Counter(map(len, beyond)).most_common(1)[0][0] if beyond else 0
        if not width:
            return 0
        blank = sum(len(rest) == width and not any(map(str.strip, rest)) for rest in beyond)
        return width if blank >= _BLANK_SHARE * len(beyond) else 0

    def _has_row_names(self, header: int) -> bool:
        """Return whether rows contain numbers but a header one field shorter does not."""
        below = self.records[header + 1 :]
        return not any(map(_is_number, self.records[header])) and all(
            any(map(_is_number, record)) for record in below
        )


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell.strip()) is not None


def delimiter_of(asked: str) -> str:
    """Return the delimiter that a user names, such as `tab`.

    Raises
    ------
    TableError
        If it is not a single character.
    """
    found = _NAMED.get(asked.casefold(), asked)
    if len(found) != 1 or found in "\"\r\n'":
        raise TableError(f"invalid delimiter {asked!r}: use a single character, or tab")
    return found


def find_layout(text: str, known: Collection[str] = (), delimiter: str | None = None) -> Layout:
    """Return the layout of a text.

    Parameters
    ----------
    text
        First lines of the file.
    known
        Names that the header is expected to contain, which identify it.
    delimiter
        Delimiter chosen by the user.

    Raises
    ------
    TableError
        If two delimiters fit equally well.
    """
    names = frozenset(map(folded, known))
    if (said := _SEPARATOR.match(text)) is not None:
        rest = text[said.end() :]
        return _reading(rest, delimiter or said[1], names, first_line=2).layout()
    candidates = (delimiter,) if delimiter else DELIMITERS
    readings = [_reading(text, candidate, names) for candidate in candidates]
    scores = [reading.score() for reading in readings]
    best = max(scores)
    likely = [reading for reading, score in zip(readings, scores, strict=True) if score == best]
    if len(likely) > 1 and best[1] > 0 and not best[0]:
        if "\0" in text:
            raise TableError("it contains binary data and is of no supported kind")
        told = " or ".join(
            f"{r.width} fields divided by {r.delimiter!r} (--delimiter {_shown(r.delimiter)})"
            for r in likely
        )
        raise TableError(f"a row is either {told}; add one of these options")
    return likely[0].layout()


def _shown(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else f"'{delimiter}'"


def _reading(text: str, delimiter: str, known: frozenset[str], first_line: int = 1) -> _Reading:
    records: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(
        StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=delimiter != " "
    )
    try:
        while len(records) < _TELLING_RECORDS:
            line = reader.line_num + first_line
            record = next(reader, None)
            if record is None:
                break
            if any(map(str.strip, record)):
                records.append(record)
                lines.append(line)
    except csv.Error:
        # The records before an unreadable one are sufficient.
        pass
    return _Reading(delimiter, records, lines, known)
