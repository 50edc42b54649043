"""Parser for numbers as written by people and spreadsheets.

`1,234.5` can only be read in one way, but `1,234` in two, which differ by a factor of a thousand.
The decimal mark is therefore a property of the column, inferred once from the whole file and
recorded; it is never decided cell by cell.
"""

# ruff: noqa: RUF001  letters of other scripts are what this is about

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from modelfleet.tables.table_format import Decimal

_SYMBOL = r"[$\u00a2-\u00a5\u20a0-\u20c0\u0e3f]"
_CODES = (
    *("USD", "EUR", "GBP", "CHF", "JPY", "CNY", "RMB", "INR", "AUD", "CAD", "NZD", "SEK", "NOK"),
    *("DKK", "PLN", "CZK", "HUF", "RON", "BGN", "TRY", "BRL", "MXN", "ZAR", "RUB", "KRW", "SGD"),
    *("HKD", "TWD", "THB", "IDR", "MYR", "PHP", "VND", "ILS", "AED", "SAR", "EGP", "NGN", "KES"),
    *("ARS", "CLP", "COP", "PEN", "UAH", "ISK", r"Rs\.?", r"Fr\.?", r"SFr\.?", r"kr\.?", "zł"),
    *("Kč", "Ft", "lei", r"лв\.?", r"руб\.?", "RM", "Rp"),
)
_CURRENCY = rf"(?:[A-Z]{{0,3}}{_SYMBOL}|(?:{'|'.join(_CODES)})(?![A-Za-z]))"
_WORD = r"[^\W\d_][^\d<>=~!?#;:\"()\[\]{}*-]{0,14}"
_UNIT = (
    r"(?:[^\W\d_]{1,3}/100\s?[^\W\d_]{1,3}"
    rf"|{_WORD}(?:\^?[23])?|[%‰°²³/µ]+[^\W\d]{{0,5}}|{_SYMBOL}(?:\s?/\s?{_WORD}[23]?)?|[\"'″′])"
)
_SPACES = " \u00a0\u202f\u2009"
_MARKS = rf",.'\u2019\u02bc`{_SPACES}"
_TEXT = re.compile(
    rf"""
    (?P<sign>[-+])?\s*
    (?P<before>{_CURRENCY})?\s*
    (?P<sign2>[-+])?\s*
    (?P<body>[0-9](?:[0-9{_MARKS}]*[0-9])?[.,]?|[.,][0-9]+)
    (?P<power>[eE][-+]?[0-9]+)?\s*
    (?P<after1>-)?\s*
    (?P<unit>{_UNIT}|\({_UNIT}\))?\s*
    (?P<after2>-)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CURRENCY_ONLY = re.compile(rf"{_CURRENCY}|%", re.IGNORECASE)
_LOSS = re.compile(r"\((.+)\)")
_MINUS = dict.fromkeys(map(ord, "\u2212\uff0d\u2012\u2013\u2014"), "-")
# Full-width, Arabic, Persian, and Indian digits, and the marks between them.
_DIGITS = {
    zero + digit: str(digit) for zero in (0xFF10, 0x660, 0x6F0, 0x966) for digit in range(10)
} | {0xFF0E: ".", 0xFF0C: ",", 0x66B: ".", 0x66C: ","}
_WRITTEN = {**_MINUS, **_DIGITS}
# Amounts without cents: 16.-, 16,-- or 16:-
_NO_CENTS = re.compile(r"(?<=[0-9])(?:([.,])-{1,2}|\s?:-)(?=\D*$)")
# Numbers with a decimal point. Thousands may be separated by commas, blanks, or apostrophes; Indian
# numbers have groups of two digits above the thousands.
_POINT = re.compile(
    rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?P<mark>[,'\u2019\u02bc`{_SPACES}])[0-9]{{3}}"
    r"(?:(?P=mark)[0-9]{3})*|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3})?(?:\.[0-9]*)?"
)
_GROUPS = re.compile(rf"[,'\u2019\u02bc`{_SPACES}]")
_SWAP = str.maketrans(",.", ".,")
_CODE = re.compile(r"0[0-9]+")
# In RE2 syntax, to match whole columns at once.
_PLAIN = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$"
_GROUP_DIGITS = 3
# Minimum share of a column's numbers that must have the same unit.
_UNIT_SHARE = 0.9
# Maximum share of values in a numeric column that are not numbers; their rows are rejected.
STRAY_SHARE = 0.02
# Minimum share of values with a leading zero in a column of codes with varying width.
_CODE_SHARE = 0.01
_DOMINANT_SHARE = 0.95
# Units that multiply; beside them, a number without one is another size, not the same unit.
_MAGNITUDES = frozenset({"k", "b", "bn", "mn", "mln", "mio", "mrd", "tsd", "тыс", "млн", "млрд"})
_PERCENT = "%"
# Units as short as ms are not the plural of another.
_SHORT_UNIT = 2


class _Parts(NamedTuple):
    """A parsed number in plain notation, read with a decimal point and with a decimal comma."""

    point: str | None
    comma: str | None
    unit: str


@lru_cache(maxsize=65_536)
def _parts(text: str) -> _Parts | None:
    if _is_plain(text) and "," not in text:
        # The common case; a point before three digits may still separate thousands.
        grouped = _grouped_by_points(text) if "." in text else text
        return _Parts(text, grouped, "")
    cleaned = text.translate(_WRITTEN).strip()
    cleaned = _NO_CENTS.sub(lambda end: f"{end[1]}00" if end[1] else "", cleaned)
    loss = _LOSS.fullmatch(cleaned)
    found = _TEXT.fullmatch(loss[1].strip() if loss else cleaned)
    if found is None:
        return None
    signs = [found[name] for name in ("sign", "sign2", "after1", "after2") if found[name]]
    if len(signs) > 1 or (loss and signs) or (found["before"] and found["unit"]):
        return None
    sign = "-" if loss or signs == ["-"] else ""
    unit = (found["before"] or found["unit"] or "").strip().removeprefix("(").removesuffix(")")
    body, power = found["body"], found["power"] or ""
    point, comma = _plain(body), _plain(body.translate(_SWAP))
    if (point is None and comma is None) or not _is_finite(f"{point or comma}{power}"):
        return None
    return _Parts(
        None if point is None else f"{sign}{point}{power}",
        None if comma is None else f"{sign}{comma}{power}",
        unit,
    )


def _is_plain(text: str) -> bool:
    return "_" not in text and text.isascii() and text[-1:].isdigit() and _is_finite(text)


def _is_finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _grouped_by_points(text: str) -> str | None:
    """Return a plain number read with a decimal comma; `None` if it cannot be read so."""
    sign, body = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    grouped = _plain(body.translate(_SWAP))
    return None if grouped is None else sign + grouped


def _plain(body: str) -> str | None:
    """Return an unsigned number with a decimal point in plain notation."""
    if not _POINT.fullmatch(body) or not any(map(str.isdigit, body)):
        return None
    whole, point, decimals = body.partition(".")
    return _GROUPS.sub("", whole) + (f".{decimals}" if point and decimals else "")


def read_number(text: str, decimal: Decimal | None = None, unit: str | None = None) -> str | None:
    """Normalize a number to text that `float` accepts; `None` if it is not a valid number.

    Parameters
    ----------
    text
        Text of the cell.
    decimal
        Decimal mark of ambiguous texts; `None` if unknown.
    unit
        Unit of the column; numbers in another unit are invalid.
    """
    parts = _parts(text)
    if parts is None or (parts.unit and not _is_unit(parts.unit, unit)):
        return None
    if parts.point == parts.comma or parts.comma is None:
        return parts.point
    if parts.point is None or decimal == ",":
        return parts.comma
    # Without a known decimal mark, an ambiguous text is only a number in plain notation.
    return parts.point if decimal == "." or "," not in text else None


def _is_unit(found: str, unit: str | None) -> bool:
    return unit is not None and _same(found) == _same(unit)


def _same(unit: str) -> str:
    """Return a unit without regard to case, a point at its end, and its plural in -s."""
    spelled = unit.casefold().removesuffix(".")
    return spelled.removesuffix("s") if len(spelled) > _SHORT_UNIT else spelled


@dataclass(frozen=True)
class Evidence:
    """Evidence of numbers in a column's texts; counts are of values, not of distinct texts.

    Attributes
    ----------
    known
        Number of values.
    numbers
        Number of values that are numbers in the column's unit.
    unit
        Unit of nearly all numbers.
    point, comma
        Number of values that can only have a decimal point, or a decimal comma.
    either
        An ambiguous text for each mark.
    codes
        Whether leading zeros show that the digits are codes.
    strays
        Most frequent texts that are not numbers.
    units
        Number of values in each unit, most frequent first.
    scales
        A percentage and a share of 1, such as 55% and 0.55, if the column has both.
    """

    known: int
    numbers: int
    unit: str | None
    point: int
    comma: int
    either: Mapping[str, str]
    codes: bool
    strays: tuple[tuple[str, int], ...]
    units: tuple[tuple[str, int], ...] = ()
    scales: tuple[str, ...] = ()

    @property
    def is_numeric(self) -> bool:
        """Whether nearly all values are numbers."""
        return self.known > 0 and self.known - self.numbers <= STRAY_SHARE * self.known

    @property
    def settled(self) -> Decimal | None:
        """The decimal mark implied by the column's own values."""
        total = self.point + self.comma
        if total and self.point >= _DOMINANT_SHARE * total:
            return "."
        return "," if total and self.comma >= _DOMINANT_SHARE * total else None


_STRAYS = 5


@dataclass(frozen=True)
class PlainNumbers:
    """Summary of the texts of a column that are numbers in plain notation.

    Attributes
    ----------
    count
        Number of values.
    point
        Number of values with a decimal point that cannot separate thousands.
    open
        A text whose point may also separate thousands.
    widths
        Distinct lengths of the texts; at most two are needed.
    largest
        The text of largest magnitude, if it is known.
    """

    count: int = 0
    point: int = 0
    open: str | None = None
    widths: frozenset[int] = frozenset()
    largest: str | None = None


def gather(counts: Mapping[str, int], plain: PlainNumbers | None = None) -> Evidence:
    """Collect evidence of numbers from a column's texts and their counts.

    Parameters
    ----------
    counts
        Number of values of each text.
    plain
        Summary of further texts, all in plain notation.
    """
    if plain is None:
        # Most texts are in plain notation; only the others are parsed one by one.
        plain, counts = _without_plain(counts)
    found = {text: _parts(text) for text in counts}
    either = {} if plain.open is None else {".": plain.open}
    numbers, point, comma = plain.count, plain.point, 0
    scales = _scales(found, plain)
    unit = None if scales else _unit(found, counts, numbers)
    strays: Counter[str] = Counter()
    for text, count in counts.items():
        parts = found[text]
        if parts is None or (parts.unit and not _is_unit(parts.unit, unit)):
            strays[text] = count
            continue
        numbers += count
        if parts.point == parts.comma:
            continue
        if parts.comma is None:
            point += count
        elif parts.point is None:
            comma += count
        else:
            either.setdefault("," if "," in text else ".", text)
    return Evidence(
        known=plain.count + sum(counts.values()),
        numbers=numbers,
        unit=unit,
        point=point,
        comma=comma,
        either=either,
        codes=_are_codes(counts, plain),
        strays=tuple(strays.most_common(_STRAYS)),
        units=_units(found, counts),
        scales=scales,
    )


def plain_numbers(texts: Sequence[str]) -> tuple[Sequence[bool], Sequence[bool]]:
    """Return which texts are numbers in plain notation, and which of these are ambiguous."""
    plain, both = plain_masks(pa.array(texts, pa.string()))
    return plain.to_pylist(), both.to_pylist()


def plain_masks(texts: Any) -> tuple[Any, Any]:
    """Return `plain_numbers` of an Arrow array of strings as two masks; nulls stay null."""
    plain = is_plain(texts)
    return plain, is_grouped(texts, plain)


def is_plain(texts: Any) -> Any:
    """Return the mask of the numbers in plain notation of an Arrow array of strings."""
    return pc.match_substring_regex(texts, _PLAIN)


def is_grouped(texts: Any, plain: Any) -> Any:
    """Return the mask of the ambiguous ones among numbers in plain notation.

    They may have one point for thousands: one to three digits, of which the first is not 0, before
    it, and three after it. A regular expression would take ten times as long.
    """
    point = pc.find_substring(texts, ".")
    after = pc.subtract(pc.binary_length(texts), point)
    signed = pc.cast(pc.starts_with(texts, "-"), pa.int32())
    zero = pc.or_(pc.starts_with(texts, "0"), pc.starts_with(texts, "-0"))
    short = pc.less_equal(pc.subtract(point, signed), _GROUP_DIGITS)
    grouped = pc.and_(pc.equal(after, _GROUP_DIGITS + 1), pc.and_(short, pc.invert(zero)))
    return pc.and_(plain, pc.and_(pc.greater(point, 0), grouped))


def summarized(texts: Any, ambiguous: Any, *, scaled: bool = False) -> PlainNumbers:
    """Summarize an Arrow array of numbers in plain notation, and the mask of ambiguous ones.

    `scaled` also looks for the largest of them, which takes as long as everything else.
    """
    pointed = pc.match_substring(texts, ".")
    settled = pc.sum(pc.and_(pointed, pc.invert(ambiguous))).as_py() or 0
    place = pc.index(ambiguous, True).as_py()  # Arrow takes the value by position
    widths = pc.min_max(pc.utf8_length(texts)).as_py().values()
    return PlainNumbers(
        count=len(texts),
        point=settled,
        open=None if place < 0 else texts[place].as_py(),
        widths=frozenset(width for width in widths if width is not None),
        largest=_largest(pc.unique(texts).to_pylist()) if scaled else None,
    )


def _without_plain(counts: Mapping[str, int]) -> tuple[PlainNumbers, Mapping[str, int]]:
    """Summarize the texts in plain notation, and return the counts of the others."""
    texts = list(counts)
    count = point = 0
    first: str | None = None
    rest: dict[str, int] = {}
    widths: set[int] = set()
    for text, is_plain, is_open in zip(texts, *plain_numbers(texts), strict=True):
        if not is_plain:
            rest[text] = counts[text]
            continue
        count += counts[text]
        widths.add(len(text))
        if is_open:
            first = first or text
        elif "." in text:
            point += counts[text]
    largest = _largest([t for t in texts if t not in rest]) if _has_percent(rest) else None
    return PlainNumbers(count, point, first, frozenset(widths), largest), rest


def _has_percent(texts: Iterable[str]) -> bool:
    return any(_PERCENT in text for text in texts)


def _largest(texts: Iterable[str]) -> str | None:
    return max(texts, key=lambda text: abs(float(text)), default=None)


def _scales(found: Mapping[str, _Parts | None], plain: PlainNumbers) -> tuple[str, ...]:
    """Return a percentage above 1 and a share, if all numbers without a sign are shares of 1."""
    percents: dict[str, float] = {}
    shares = {} if plain.largest is None else {plain.largest: abs(float(plain.largest))}
    for text, parts in found.items():
        if parts is not None and parts.unit in ("", _PERCENT):
            size = abs(float(parts.point or parts.comma or 0))
            (percents if parts.unit else shares)[text] = size
    if not percents or not 0 < max(shares.values(), default=0.0) <= 1:
        return ()
    highest = max(percents, key=percents.__getitem__)
    return (highest, max(shares, key=shares.__getitem__)) if percents[highest] > 1 else ()


def _unit(
    found: Mapping[str, _Parts | None], counts: Mapping[str, int], numbers: int
) -> str | None:
    """Return the unit of a column; currencies and percent signs may be missing from some values.

    `numbers` counts the numbers without a unit that are not in `found`.
    """
    spelled: Counter[str] = Counter()
    for text, parts in found.items():
        if parts is not None:
            numbers += counts[text]
            spelled[parts.unit] += counts[text]
    folded: Counter[str] = Counter()
    for unit, count in spelled.items():
        folded[_same(unit)] += count
    del folded[""]
    if not folded:
        return None
    most, count = folded.most_common(1)[0]
    needed = 0.0 if len(folded) == 1 and _CURRENCY_ONLY.fullmatch(most) else _UNIT_SHARE
    if most in _MAGNITUDES:
        needed = 1.0
    if count < needed * numbers:
        return None
    return max((u for u in spelled if _same(u) == most), key=lambda unit: spelled[unit])


def _units(
    found: Mapping[str, _Parts | None], counts: Mapping[str, int]
) -> tuple[tuple[str, int], ...]:
    spelled: Counter[str] = Counter()
    for text, parts in found.items():
        if parts is not None and parts.unit:
            spelled[parts.unit] += counts[text]
    return tuple(spelled.most_common())


def _are_codes(counts: Mapping[str, int], plain: PlainNumbers) -> bool:
    codes = sum(count for text, count in counts.items() if _CODE.fullmatch(text))
    if not codes:
        return False
    one_width = len(plain.widths.union(map(len, counts))) == 1
    return one_width or codes >= _CODE_SHARE * (plain.count + sum(counts.values()))
