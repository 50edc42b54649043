"""Format of each column, inferred once from the file as a whole."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from modelfleet.spec.categories import as_text
from modelfleet.spec.errors import TableError
from modelfleet.spec.words import MISSING
from modelfleet.tables.columns.arrow_cells import ArrowCells, mapped
from modelfleet.tables.columns.dates import (
    ISO,
    Dates,
    are_dates,
    find_dates,
    in_iso,
    may_be_dates,
    order_of,
)
from modelfleet.tables.columns.numbers import (
    Evidence,
    PlainNumbers,
    gather,
    is_grouped,
    plain_numbers,
    read_number,
    summarized,
)
from modelfleet.tables.columns.words import NO, NO_NUMBERS, YES
from modelfleet.tables.table_format import (
    AS_FOUND,
    ColumnFormat,
    Content,
    DateOrder,
    Decimal,
    ReadOptions,
    TableFormat,
)

# Currencies whose numbers are written with commas between thousands.
_POINT_CURRENCIES = ("$", "£", "₹", "¥", "₩", "USD", "GBP", "INR", "JPY", "RS", "RS.")


class Kind(Enum):
    """Declared type of a column, independent of its values."""

    UNKNOWN = auto()
    NUMBER = auto()
    TEXT = auto()
    DATE = auto()


@dataclass(frozen=True)
class Expected:
    """What the model declares about a column.

    `values` are words that are always values of this column, `missing` additional words for a
    missing value. Values are between `minimum` and `maximum`, if these are declared.
    """

    kind: Kind = Kind.UNKNOWN
    values: Collection[str] = ()
    missing: Collection[str] = ()
    unit: str | None = None
    dates: str | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class RawColumn:
    """Cells of a column: stripped text, or typed values, with `None` for blank cells."""

    name: str
    cells: Sequence[Any]
    expected: Expected = Expected()

    @cached_property
    def is_text(self) -> bool:
        """Whether every cell is text."""
        if isinstance(self.cells, ArrowCells):
            return self.cells.is_text and not self.cells.missing
        return set(map(type, self.cells)) <= {str}


def find_formats(
    columns: Sequence[RawColumn],
    file: TableFormat,
    options: ReadOptions = AS_FOUND,
    stored: TableFormat | None = None,
) -> tuple[ColumnFormat, ...]:
    """Return the format of each column.

    If a column's own values are ambiguous, the other columns decide, then the model's declared
    range, if it excludes one of the readings, then conventions: in a file delimited by commas, a
    comma is not a decimal mark; in a file delimited by semicolons it is; and dollar amounts have a
    decimal point.

    Parameters
    ----------
    columns
        The columns, or the first rows of each.
    file
        How the file itself was read.
    options
        The user's instructions.
    stored
        Format of the training data, which takes precedence over inference.

    Raises
    ------
    TableError
        If a column can be read in two ways and nothing settles which. The message has both readings
        and the options that choose between them.
    """
    surveys = [_survey(column, options, stored) for column in columns]
    elsewhere = _settled_elsewhere(surveys)
    order = _order_elsewhere(surveys)
    return tuple(_format(each, file, options, elsewhere, order) for each in surveys)


@dataclass(frozen=True)
class _Survey:
    """Evidence from a column's own values."""

    column: RawColumn
    earlier: ColumnFormat | None
    words: frozenset[str]
    kept: frozenset[str]
    missing: frozenset[str]
    found: Mapping[str, int]
    evidence: Evidence
    dates: Dates | None

    @property
    def is_numeric(self) -> bool:
        kind = self.column.expected.kind
        if kind is not Kind.UNKNOWN:
            return kind is Kind.NUMBER
        if self.dates is not None or self.evidence.codes:
            return False
        return self.evidence.is_numeric or any(self.truth)

    @cached_property
    def truth(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Words for yes and no in a numeric column; 0 and 1 are not listed.

        Without a declaration, only true and false are accepted.
        """
        strays = self.evidence.strays
        words = {text.casefold() for text, _ in strays}
        if self.evidence.numbers + sum(n for _, n in strays) < self.evidence.known:
            return (), ()
        yes, no = words & YES, words & NO
        if not words or words != yes | no:
            return (), ()
        if self.column.expected.kind is Kind.UNKNOWN and not words <= {"true", "false"}:
            return (), ()
        return tuple(sorted(yes)), tuple(sorted(no))


def missing_words(
    values: Collection[str] = (), words: Collection[str] = (), kept: Collection[str] = ()
) -> frozenset[str]:
    """Return the words for a missing value of a column, in lower case."""
    return (MISSING | frozenset(words)) - {value.casefold() for value in values} - frozenset(kept)


def _survey(column: RawColumn, options: ReadOptions, stored: TableFormat | None) -> _Survey:
    name, expected = column.name, column.expected
    earlier = stored.column(name) if stored else None
    words = options.missing_in(name) | frozenset(earlier.words if earlier else ())
    words |= {word.casefold() for word in expected.missing}
    kept = options.kept_in(name) | frozenset(earlier.kept if earlier else ())
    missing = missing_words(expected.values, words, kept)
    numeric = expected.kind in (Kind.UNKNOWN, Kind.NUMBER)
    gaps = _numbers_among(words) if numeric else frozenset()
    counted = _counted(column, missing, gaps)
    counts, typed = counted.texts, counted.typed
    found = {t: n for t, n in counts.items() if t and _is_gap(t, missing, gaps)}
    known = {t: n for t, n in counts.items() if t.casefold() not in missing and t not in found}
    found |= counted.gaps
    infinite = {t: n for t, n in known.items() if t.casefold() in NO_NUMBERS} if numeric else {}
    finite = {t: n for t, n in known.items() if t not in infinite} | {**counted.flags}
    evidence = gather(finite, counted.plain) if numeric else gather({})
    if typed:
        evidence = replace(evidence, known=evidence.known + typed, numbers=evidence.numbers + typed)
    if infinite and evidence.is_numeric:
        missing |= NO_NUMBERS - {value.casefold() for value in expected.values} - kept
        found = found | infinite
    return _Survey(
        column=column,
        earlier=earlier,
        words=words,
        kept=kept,
        missing=missing,
        found=dict(sorted(found.items(), key=lambda item: -item[1])),
        evidence=evidence,
        dates=_dates(column, earlier, known, evidence, missing),
    )


@dataclass(frozen=True)
class _Counted:
    """Number of rows of each text, flag, and typed number of a column.

    Texts summarized in `plain` are not in `texts`; if it is `None`, no text has been left out.
    `gaps` counts the typed numbers that stand for a missing value.
    """

    texts: Mapping[str, int]
    plain: PlainNumbers | None = None
    flags: Mapping[str, int] = field(default_factory=dict)
    typed: int = 0
    gaps: Mapping[str, int] = field(default_factory=dict)


def _counted(column: RawColumn, missing: frozenset[str], gaps: frozenset[float]) -> _Counted:
    cells = column.cells
    if not isinstance(cells, ArrowCells):
        texts = cells if column.is_text else [c for c in cells if isinstance(c, str)]
        others = () if column.is_text else cells
        flags = Counter(str(cell).casefold() for cell in others if isinstance(cell, bool))
        typed = sum(isinstance(cell, int | float) for cell in others) - flags.total()
        typed_gaps = Counter(f"{cell:g}" for cell in others if cell in gaps) if gaps else {}
        return _Counted(Counter(texts), flags=flags, typed=typed, gaps=typed_gaps)
    if not cells.is_text:
        among = cells.array.filter(_are_among(cells.array, gaps)) if gaps else ()
        typed_gaps = Counter(f"{cell.as_py():g}" for cell in among)
        return _Counted({}, typed=len(cells) - cells.missing, gaps=typed_gaps)
    array = cells.array.drop_null()
    if column.expected.kind is not Kind.NUMBER:
        return _Counted(_counts(array))
    plain = cells.plain.drop_null()
    ambiguous = is_grouped(array, plain)
    plain = pc.and_(plain, pc.invert(pc.is_in(array, pa.array([*missing], pa.string()))))
    if gaps:
        plain = pc.and_(plain, pc.invert(_are_among(pc.if_else(plain, array, None), gaps)))
    counts = _counts(array.filter(pc.invert(plain)))
    scaled = any("%" in text for text in counts)
    numbers = summarized(array.filter(plain), ambiguous.filter(plain), scaled=scaled)
    return _Counted(counts, numbers)


def _are_among(numbers: Any, gaps: Collection[float]) -> Any:
    """Return an Arrow mask of the numbers, also as text, that are one of some numbers."""
    found = numbers.cast(pa.float64(), safe=False)
    return pc.is_in(found, pa.array([*gaps], pa.float64()))


def _counts(texts: Any) -> dict[str, int]:
    """Count the rows of each text of an Arrow array, in the order of their first row."""
    found = pc.value_counts(texts)
    return dict(zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True))


def _numbers_among(words: Collection[str]) -> frozenset[float]:
    """Return the numbers among words for a missing value, such as -999."""
    return frozenset(map(float, filter(None, map(read_number, words))))


def _is_gap(text: str, missing: frozenset[str], gaps: frozenset[float]) -> bool:
    if text.casefold() in missing:
        return True
    number = read_number(text) if gaps else None
    return number is not None and float(number) in gaps


def _dates(
    column: RawColumn,
    earlier: ColumnFormat | None,
    known: Mapping[str, int],
    evidence: Evidence,
    missing: frozenset[str],
) -> Dates | None:
    """Return a column's date formats; digits are read as a date if they are a valid one.

    A declared format, or that of the training data, is only replaced if it does not read the file.
    """
    rows = (c for c in column.cells if isinstance(c, str) and c.casefold() not in missing)
    if column.expected.kind is Kind.DATE:
        declared = (earlier.dates if earlier else None) or column.expected.dates
        if declared is not None and are_dates(known, declared):
            return Dates((declared,))
        return find_dates(known, rows) or Dates((declared or ISO,))
    if column.expected.kind is not Kind.UNKNOWN:
        return None
    if evidence.is_numeric and not may_be_dates(known):
        return None
    return find_dates(known, rows)


def _settled_elsewhere(surveys: Sequence[_Survey]) -> Decimal | None:
    """Return the decimal mark of all unambiguous columns, if they agree."""
    marks = {s.evidence.settled for s in surveys if s.is_numeric} - {None}
    return marks.pop() if len(marks) == 1 else None


def _order_elsewhere(surveys: Sequence[_Survey]) -> DateOrder | None:
    found = {order_of(s.dates.formats[0]) for s in surveys if s.dates and s.dates.is_settled}
    found -= {None}
    return found.pop() if len(found) == 1 else None


def _format(
    survey: _Survey,
    file: TableFormat,
    options: ReadOptions,
    elsewhere: Decimal | None,
    order: DateOrder | None,
) -> ColumnFormat:
    name, evidence = survey.column.name, survey.evidence
    earlier = survey.earlier
    common = {
        "name": name,
        "missing": survey.found,
        "words": tuple(sorted(survey.words)),
        "kept": tuple(sorted(survey.kept)),
    }
    if survey.dates is not None:
        dates = _date_format(survey, options, order)
        return ColumnFormat(content=Content.DATE, dates=dates, **common)
    if not survey.is_numeric:
        return ColumnFormat(**common)
    if evidence.scales and survey.column.expected.kind is Kind.NUMBER:
        raise TableError(f"column {name}: {on_two_scales(evidence)}")
    decimal = options.decimal or (earlier.decimal if earlier else None) or evidence.settled
    if decimal is None and evidence.either:
        within = _within(evidence, survey.column.expected)
        decimal = elsewhere or within or _by_convention(evidence, file)
        if decimal is None:
            raise TableError(_either(name, evidence))
    unit = evidence.unit if earlier is None else earlier.unit
    yes, no = survey.truth
    return ColumnFormat(
        content=Content.NUMBER,
        decimal=decimal,
        unit=unit or survey.column.expected.unit,
        yes=yes,
        no=no,
        **common,
    )


def _by_convention(evidence: Evidence, file: TableFormat) -> Decimal | None:
    if file.delimiter == "," or (evidence.unit or "").upper().endswith(_POINT_CURRENCIES):
        return "."
    if file.delimiter == ";":
        return "," if "," in evidence.either else None
    # Programs write a decimal point; only a comma may separate thousands.
    return "." if "," not in evidence.either else None


def _within(evidence: Evidence, expected: Expected) -> Decimal | None:
    """Return the only decimal mark by which the ambiguous texts are in the declared range."""
    low = -math.inf if expected.minimum is None else expected.minimum
    high = math.inf if expected.maximum is None else expected.maximum
    marks: tuple[Decimal, ...] = (".", ",")
    possible = [
        mark
        for mark in marks
        if all(
            low <= float(read_number(text, mark, evidence.unit) or math.nan) <= high
            for text in evidence.either.values()
        )
    ]
    return possible[0] if len(possible) == 1 else None


def _either(name: str, evidence: Evidence) -> str:
    text = next(iter(evidence.either.values()))
    marks: tuple[Decimal, ...] = (".", ",")
    readings = [f"{read_number(text, mark, evidence.unit)} (--decimal {mark})" for mark in marks]
    return (
        f"column {name}: {text} is either {readings[0]} or {readings[1]}; nothing else in the "
        "file settles which, so add one of these options"
    )


def on_two_scales(evidence: Evidence) -> str:
    """Describe a column of percentages and shares."""
    percent, share = evidence.scales
    return (
        f"{percent} is a percentage and {share} may be a share of 1 or a percentage; "
        "write all of its numbers in one of these ways"
    )


def _date_format(survey: _Survey, options: ReadOptions, order: DateOrder | None) -> str:
    dates = survey.dates
    if dates is None:
        raise ValueError(survey.column.name)
    if dates.is_settled:
        return dates.formats[0]
    declared = (survey.earlier.dates if survey.earlier else None) or survey.column.expected.dates
    chosen = options.dates or order or (order_of(declared) if declared else None)
    if chosen is not None:
        return dates.by(chosen)
    text = next(t for t in survey.column.cells if isinstance(t, str) and t[:1].isdigit())
    raise TableError(
        f"column {survey.column.name}: {text} is either {dates.formats[0]} (--dates day-first) or "
        f"{dates.formats[1]} (--dates month-first); no date in the file settles which, so add one "
        "of these options"
    )


class ColumnReader:
    """Parser of a column's values, given its format.

    Parameters
    ----------
    found
        Format of the column.
    expected
        Declaration of the column; declared categories are always values.
    """

    # Limits the cache, because all texts of a column may be different.
    _REMEMBERED = 100_000

    def __init__(self, found: ColumnFormat, expected: Expected = Expected()) -> None:
        words = {*found.words}
        self._numeric = found.content is Content.NUMBER
        self._dates = found.dates if found.content is Content.DATE else None
        self._is_text = found.content is Content.TEXT
        if self._numeric:
            words |= NO_NUMBERS
        self._missing = missing_words(expected.values, words, found.kept)
        # However a number is written, and in files with types, it is the same value.
        self._gaps = _numbers_among(found.words) if self._numeric else frozenset()
        self._format = found
        self._known: dict[str, str | None] = {}

    def read(self, cell: Any) -> Any:
        """Parse a cell: `None` if missing, numbers as text that `float` accepts, dates in ISO 8601.

        Typed numbers in a column of text become text, because they are codes; other typed values
        are unchanged, and so is text that is not a valid number, so that validation can report it.
        """
        if not isinstance(cell, str):
            return None if self._is_number_for_gap(cell) else self._typed(cell)
        try:
            return self._known[cell]
        except KeyError:
            pass
        value = self._read(cell)
        if len(self._known) < self._REMEMBERED:
            self._known[cell] = value
        return value

    def read_all(self, cells: Sequence[Any]) -> Sequence[Any]:
        """Parse a whole column, length n; numbers in plain notation are unchanged."""
        if isinstance(cells, ArrowCells) and (cells.is_text or not self._is_text):
            return self._read_arrow(cells)
        values = self._read_all(cells)
        return [None if self._is_number_for_gap(v) else v for v in values] if self._gaps else values

    def _read_all(self, cells: Sequence[Any]) -> list[Any]:
        types = set(map(type, cells))
        if str not in types and bool not in types:
            return [*map(self._typed, cells)] if self._is_text else [*cells]
        if self._numeric and types == {str}:
            plain, both = plain_numbers(cells)
            if self._format.decimal == ",":
                plain = [one and not two for one, two in zip(plain, both, strict=True)]
            return [
                cell if is_plain and cell not in self._missing else self.read(cell)
                for cell, is_plain in zip(cells, plain, strict=True)
            ]
        if types == {str}:
            known = self._known
            return [known[cell] if cell in known else self.read(cell) for cell in cells]
        return list(map(self.read, cells))

    def _read_arrow(self, cells: ArrowCells) -> ArrowCells:
        if not cells.is_text:
            if not self._gaps:
                return cells
            gap = _are_among(cells.array, self._gaps)
            return ArrowCells(pc.if_else(gap, None, cells.array))
        if not self._numeric:
            return mapped(cells, pc.is_valid(cells.array), self._read)
        plain = cells.plain
        if self._format.decimal == ",":
            plain = pc.and_(plain, pc.invert(is_grouped(cells.array, plain)))
        unread = pc.is_in(cells.array, pa.array([*self._missing], pa.string()))
        if self._gaps:
            unread = pc.or_(unread, _are_among(pc.if_else(plain, cells.array, None), self._gaps))
        return mapped(cells, pc.or_(pc.invert(plain), unread), self._read)

    def _is_number_for_gap(self, value: Any) -> bool:
        if not self._gaps or value is None or isinstance(value, bool):
            return False
        try:
            return float(value) in self._gaps
        except ValueError:
            return False

    def _typed(self, cell: Any) -> Any:
        if self._is_text:
            text = as_text(cell)
            return self.read(text) if isinstance(text, str) else text
        return str(cell) if isinstance(cell, bool) and not self._numeric else cell

    def _read(self, cell: str) -> str | None:
        text = cell.strip()
        folded = text.casefold()
        if folded in self._missing:
            return None
        if not self._numeric:
            return text if self._dates is None else in_iso(text, self._dates)
        number = read_number(text, self._format.decimal, self._format.unit)
        if number is not None:
            return None if self._is_number_for_gap(number) else number
        if folded in self._format.yes:
            return "1"
        if folded in self._format.no:
            return "0"
        return text
