"""Detection of date formats, including the order of day and month."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise

from modelfleet.spec.dates import with_offset
from modelfleet.tables.columns.date_words import in_english
from modelfleet.tables.table_format import DateOrder

_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
# A point is only used with the day first.
_UNAMBIGUOUS_DAYS = (
    *("%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y년 %m월 %d일", "%d.%m.%Y", "%d.%m.%y"),
    *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d-%b-%Y", "%d-%b-%y"),
    *("%d/%b/%Y", "%a, %d %b %Y"),
)
_UNAMBIGUOUS = (
    *("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"),
    *("%Y%m%d", "%Y%m%d%H%M%S", "%Y%m%dT%H%M%S"),
    *(f"%Y-%m-%d{time}" for time in _TIMES if "%p" in time),
    *(f"{day}{time}" for day in _UNAMBIGUOUS_DAYS for time in _TIMES),
    # As in logs of web servers, in e-mails, and from `ctime`.
    *("%d/%b/%Y:%H:%M:%S %z", "%a, %d %b %Y %H:%M:%S %z", "%a %b %d %H:%M:%S %Y"),
    # Months, of which the first day is meant.
    *("%Y-%m", "%Y/%m", "%YM%m", "%m/%Y", "%m.%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%Y%m"),
    # Times of day.
    *(time.strip() for time in _TIMES if time),
)
# Every format of a whole day; those of either order last.
_DAYS_FORMATS = (
    *(each for each in _UNAMBIGUOUS if "%d" in each and "-%b-%y" not in each),
    *(
        f"{order.replace('-', mark)}{time}"
        for order in ("%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y")
        for mark in "/-"
        for time in _TIMES
    ),
)
# `strptime` reads fewer digits, too: a score of 3:2, or a number of any length.
_SHAPES = {
    "%Y%m": re.compile(r"\d{6}"),
    "%Y%m%d": re.compile(r"\d{8}"),
    "%Y%m%d%H%M%S": re.compile(r"\d{14}"),
    "%m.%Y": re.compile(r"\d{2}\.\d{4}"),
    **{time.strip(): re.compile(r"\d{1,2}:\d{2}(\D.*)?") for time in _TIMES if time},
}
_NUMBERS = [_SHAPES[each] for each in ("%Y%m", "%Y%m%d", "%Y%m%d%H%M%S", "%m.%Y")]
# Days that stand for no day.
_FILLER = re.compile(r"\b(9999|0001)\b")
ISO = "%Y-%m-%dT%H:%M:%S"
_ISO_DAY, _HOURS = "%Y-%m-%d", ("%H", "%I")
_ORDERS = {"%d": DateOrder.DAY_FIRST, "%m": DateOrder.MONTH_FIRST}
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
# Minimum share of a column's values that its format must match.
DATE_SHARE = 0.98
_LOOKED_AT = 2_000
# Number of texts tried in every format, and the share of them that one of several formats has.
_TRIED, _FORMAT_SHARE = 200, 0.02
_DAY_OF_YEAR = re.compile(r".*\d.*\d.*\d.*", re.DOTALL)
# Rows are sorted if nearly all steps go one way; the other order of day and month then breaks many.
_IN_ORDER, _OUT_OF_ORDER, _STEPS = 0.01, 0.02, 10


@dataclass(frozen=True)
class Dates:
    """Possible formats of a column, two if the order of day and month is ambiguous."""

    formats: tuple[str, ...]

    @property
    def is_settled(self) -> bool:
        """Whether the format is unambiguous."""
        return len(self.formats) == 1

    def by(self, order: DateOrder) -> str:
        """Return the format with this order of day and month."""
        return next((f for f in self.formats if order_of(f) is order), self.formats[0])


def order_of(date_format: str) -> DateOrder | None:
    """Return the order of day and month in a format; `None` for unambiguous formats."""
    if date_format in _UNAMBIGUOUS:
        return None
    return _ORDERS.get(date_format[:2])


def find_dates(counts: Mapping[str, int], texts: Iterable[str]) -> Dates | None:
    """Return the format of a date column; `None` if the texts are not dates.

    A day above 12 settles the order of day and month; so does the order of the rows, if they are
    sorted under one reading but not under the other.

    Parameters
    ----------
    counts
        Number of rows of each text.
    texts
        The same texts, row by row.
    """
    sample = [text for text in islice(counts, _LOOKED_AT) if not _FILLER.search(text)]
    if not sample or not any(map(str.isdigit, sample[0])):
        return None
    for each in _UNAMBIGUOUS:
        if _reads(sample, each):
            return Dates((each,))
    for mark in "/-":
        for year in ("%Y", "%y"):
            for time in _TIMES:
                pair = (f"%d{mark}%m{mark}{year}{time}", f"%m{mark}%d{mark}{year}{time}")
                if any(_reads(sample, each) for each in pair):
                    return Dates(_likelier(pair, counts, texts))
    return Dates((ISO,)) if _is_iso(sample) else None


def in_iso(text: str, date_format: str) -> str:
    """Return a date in ISO 8601; text that is not of the format is unchanged."""
    if date_format.startswith(_ISO_DAY) and "%p" not in date_format:
        return with_offset(text)
    moment = _moment(text, date_format)
    if moment is None:
        return text
    timed = any(directive in date_format for directive in _HOURS)
    return moment.isoformat() if timed else moment.date().isoformat()


def are_dates(texts: Iterable[str], date_format: str) -> bool:
    """Return whether nearly all texts are of a format, or in ISO 8601."""
    sample = [text for text in islice(texts, _LOOKED_AT) if not _FILLER.search(text)]
    return _reads(sample, date_format) or _is_iso(sample)


def several_formats(texts: Sequence[str]) -> tuple[str, ...]:
    """Return an example of each format of dates in several formats; none if they are not that.

    Parameters
    ----------
    texts
        Distinct texts.
    """
    # Sorted, as formats may alternate from row to row.
    tried = sorted(texts)[:: -(-len(texts) // _TRIED) or 1]
    if not all(map(_DAY_OF_YEAR.fullmatch, tried)):
        return ()
    examples, rest = [], list(tried)
    for each in _DAYS_FORMATS:
        read = [text for text in rest if _parsed(text, each) is not None]
        if len(read) >= max(2, _FORMAT_SHARE * len(tried)):
            examples.append(read[0])
            rest = [text for text in rest if text not in read]
        if not rest:
            break
    most_are_read = len(rest) <= (1 - DATE_SHARE) * len(tried)
    return tuple(examples) if most_are_read and len(examples) > 1 else ()


def may_be_dates(numbers: Iterable[str]) -> bool:
    """Return whether numbers have the shape of a date, such as 20251225."""
    return any(all(map(shape.fullmatch, numbers)) for shape in _NUMBERS)


def _likelier(
    pair: Sequence[str], counts: Mapping[str, int], texts: Iterable[str]
) -> tuple[str, ...]:
    parsed = [{text: _parsed(text, each) for text in counts} for each in pair]
    known = [sum(counts[text] for text, day in each.items() if day) for each in parsed]
    if known[0] != known[1]:
        return (pair[0] if known[0] > known[1] else pair[1],)
    rows = list(texts)
    disorder = [_disorder([each.get(text) for text in rows]) for each in parsed]
    for this, other in ((0, 1), (1, 0)):
        if disorder[this] <= _IN_ORDER and disorder[other] >= _OUT_OF_ORDER:
            return (pair[this],)
    return tuple(pair)


def _disorder(days: Sequence[datetime | None]) -> float:
    """Return the share of steps against the main direction; 0 if there are too few steps."""
    known = [day for day in days if day is not None]
    up = sum(a < b for a, b in pairwise(known))
    down = sum(a > b for a, b in pairwise(known))
    return min(up, down) / (up + down) if up + down >= _STEPS else 0.0


def _parsed(text: str, date_format: str) -> datetime | None:
    found = _moment(text, date_format)
    if found is None or (
        (shape := _SHAPES.get(date_format)) and not shape.fullmatch(in_english(text))
    ):
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _moment(text: str, date_format: str) -> datetime | None:
    for spelled in dict.fromkeys((text, in_english(text))):
        try:
            return datetime.strptime(spelled, date_format)
        except ValueError:
            pass
    return None


def _reads(texts: Sequence[str], date_format: str) -> bool:
    needed = DATE_SHARE * len(texts)
    misread = 0
    for text in texts:
        misread += _parsed(text, date_format) is None
        if len(texts) - misread < needed:
            return False
    return True


def _is_iso(texts: Sequence[str]) -> bool:
    """Return whether texts are in other ISO 8601 formats, such as with fractions or a time zone."""
    try:
        years = [datetime.fromisoformat(with_offset(text)).year for text in texts]
    except ValueError:
        return False
    ours = sum(_FIRST_YEAR <= year <= _LAST_YEAR for year in years)
    return ours >= DATE_SHARE * len(texts) and all("-" in text for text in texts)
