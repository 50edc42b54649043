"""Detection of columns that number or identify rows instead of describing them."""

import re

import numpy as np
from numpy.typing import NDArray

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.names import words

Whole = NDArray[np.float64]

# Names of an index, which has none in the file: pandas, Spark, and R give it one of these.
_INDEX = re.compile(
    r"(unnamed: ?\d+(\.\d+)*|level_\d+|\.\.\.\d+|_c0|__index_level_\d+__|row[._ ]?names?|index)?",
    re.IGNORECASE,
)
_IDENTIFIER_WORDS = frozenset(
    {
        *("id", "ids", "uuid", "guid", "identifier", "rownumber", "rownum", "rowid"),
        *("identifiant", "identificador", "identificativo", "kennung", "ид"),
    }
)
_OF_SOMEBODY = re.compile(
    r"(account|case|client|customer|device|employee|household|house|invoice|item|listing|loan"
    r"|match|member|movie|object|order|passenger|patient|person|player|policy|product|property"
    r"|record|row|sale|sample|sensor|session|store|student|subject|ticket|transaction|trip|user"
    r"|vehicle|visit)(id|no|nr|num|key)|\w+(nummer|kennung|nr)"
)
# At the end of a name only: a customer number identifies, and a number of customers counts.
_NUMBER_WORDS = frozenset(
    {
        *("number", "no", "nr", "key", "serial", "nummer", "schlüssel", "numero", "número"),
        *("numéro", "clave", "numer", "číslo", "номер"),
    }
)
# Also the end of names of measurements, such as a price index.
_PERHAPS_NUMBER_WORDS = frozenset(
    {"num", "code", "index", "seq", "sequence", "codigo", "código", "код"}
)
# Names of values that are measured even where every row has another one.
_TIME_WORDS = frozenset(
    {
        *("year", "years", "yr", "month", "months", "week", "weeks", "day", "days", "hour"),
        *("hours", "minute", "minutes", "second", "seconds", "quarter", "time", "age", "date"),
        *("jahr", "monat", "woche", "tag", "stunde", "zeit", "datum", "année", "annee", "mois"),
        *("semaine", "jour", "heure", "temps", "año", "ano", "mes", "semana", "día", "dia", "hora"),
        *("anno", "mese", "settimana", "giorno", "ora", "tempo", "år", "rok", "год", "年", "月"),
    }
)
_FIRST_YEAR, _LAST_YEAR = 1500, 2100
# Independent whole numbers repeat: n values among w places do so n² / 2w times on average. With
# this many repetitions expected and hardly any found, each number was given to one row.
_REPETITIONS_EXPECTED = 15.0
_REPETITIONS_FOUND = 0.1
_VALUES_MINIMUM = 20
# Larger whole numbers are not exact in float64.
_EXACT = 2.0**53
# Largest distance between the distribution of a counter's values and an even one.
_UNEVEN = 0.1
_FIRST_STEPS = 3.0
_ASCENDING_SHARE = 0.99


def identity(column: ColumnValues) -> str | None:
    """Return why a column numbers or identifies rows; `None` if it does not."""
    if column.numbers is None:
        return _text_identity(column)
    values = column.numbers[~np.isnan(column.numbers)]
    if not np.array_equal(values, np.rint(values)):
        return None
    if _INDEX.fullmatch(column.name) and _starts_over(values):
        return "an index written with the table: it numbers the rows"
    if column.distinct_share >= _share_of_identifiers(column.name):
        return _by_name(column.distinct_share)
    if not _is_time(column.name, values) and numbers_rows(values):
        return "it numbers the rows"
    return None


def numbers_rows(values: Whole) -> bool:
    """Return whether whole numbers were handed out to the rows, one each.

    This is an arithmetic progression in any order, also with gaps where rows were left out. Counts,
    amounts, and measurements repeat; where they do not, their range is too wide to tell.

    Parameters
    ----------
    values
        Values in the order of the table, without NaN, shape (n,).
    """
    distinct = np.unique(values)
    repeated = values.size - distinct.size
    if distinct.size < _VALUES_MINIMUM or distinct.size < limits.UNIQUE_SHARE * values.size:
        return False
    steps = np.diff(distinct)
    # In a progression with gaps, each step is a multiple of the smallest one.
    step = float(np.gcd.reduce(steps.astype(np.int64))) if steps.max() < _EXACT else 1.0
    places = (distinct[-1] - distinct[0]) / step + 1
    expected = values.size * (values.size - 1) / (2 * places)
    if expected >= _REPETITIONS_EXPECTED and repeated <= _REPETITIONS_FOUND * expected:
        return True
    return _ascends(values) and _is_even(distinct) and _starts_low(distinct)


def _text_identity(column: ColumnValues) -> str | None:
    share = column.distinct_share
    if share >= limits.UNIQUE_SHARE:
        return f"{share:.0%} of its values are unique"
    named = _share_of_identifiers(column.name) <= 1.0
    return _by_name(share) if named and share >= limits.NAMED_IDENTIFIER_SHARE else None


def _by_name(share: float) -> str:
    return f"its name says so, and {share:.0%} of its values are unique"


def _share_of_identifiers(name: str) -> float:
    """Return the share of unique values from which numbers of this name are identifiers."""
    parts = words(name)
    last = parts[-1] if parts else ""
    if _IDENTIFIER_WORDS.intersection(parts) or _OF_SOMEBODY.fullmatch(last):
        return limits.NAMED_IDENTIFIER_SHARE
    if last in _NUMBER_WORDS:
        return limits.NAMED_IDENTIFIER_SHARE
    return limits.UNIQUE_SHARE if last in _PERHAPS_NUMBER_WORDS else np.inf


def _is_time(name: str, values: Whole) -> bool:
    years = values.min() >= _FIRST_YEAR and values.max() <= _LAST_YEAR
    return bool(years) or bool(_TIME_WORDS.intersection(words(name)))


def _starts_over(values: Whole) -> bool:
    """Return whether most values are one more than the one before, or none occurs twice."""
    follows = np.mean(np.diff(values) == 1) if values.size > 1 else 0.0
    return bool(follows >= limits.NAMED_IDENTIFIER_SHARE) or np.unique(values).size == values.size


def _ascends(values: Whole) -> bool:
    return bool(np.mean(np.diff(values) > 0) >= _ASCENDING_SHARE)


def _is_even(distinct: Whole) -> bool:
    """Return whether the values are spread evenly, unlike those of a sorted measurement."""
    places = (distinct - distinct[0]) / (distinct[-1] - distinct[0])
    return bool(np.abs(places - np.linspace(0, 1, places.size)).max() <= _UNEVEN)


def _starts_low(distinct: Whole) -> bool:
    return bool(abs(distinct[0]) <= _FIRST_STEPS * np.diff(distinct).mean())
