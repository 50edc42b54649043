"""Dates as arrays of numbers, for training and statistics."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.dates import DatePart
from modelfleet.spec.features import Input

Floats = NDArray[np.float64]
Moments = NDArray[np.datetime64]

_DAYS_TO_1970 = 719_163
"""Ordinal of 1970-01-01, as of `date.toordinal`."""
_MONDAY = 4
"""Days from 1970-01-01, a Thursday, to the first Monday."""
_DAYS_A_WEEK = 7
_MICROSECONDS_A_DAY = 86_400e6


def moments(texts: Iterable[Any]) -> Moments:
    """Parse dates of validated rows as datetime64 in UTC, NaT if missing or no date; shape (n,)."""
    # Rows with a time zone are in UTC, and NumPy does not parse offsets.
    plain = [text.removesuffix("+00:00") if isinstance(text, str) else "NaT" for text in texts]
    try:
        return np.array(plain, dtype="datetime64[us]")
    except ValueError:
        # Captures may be older than a spec that declares the column as a date.
        return np.array([_moment(text) for text in plain], dtype="datetime64[us]")


def _moment(text: str) -> np.datetime64:
    try:
        return np.datetime64(text, "us")
    except ValueError:
        return np.datetime64("NaT", "us")


def days_of(found: Any) -> Floats:
    """Return dates as days since 1970, with fractions, NaN if missing; shape (n,)."""
    return np.where(np.isnat(found), np.nan, found.astype(np.int64) / _MICROSECONDS_A_DAY)


def profiled_numbers(given: Input, texts: Iterable[Any]) -> Floats:
    """Return what the reference profile describes of dates; shape (n,).

    It is a part of them, or the days since 1970; see `profile_text`.
    """
    found = moments(texts)
    return days_of(found) if given.part is None else part_numbers(found, given.part)


def part_numbers(found: Moments, part: DatePart, since: int = 0) -> Floats:
    """Return a part of dates, as `part_of` does for one, NaN if missing; shape (n,)."""
    numbers = _PARTS[part](found)
    if part is DatePart.DAYS:
        numbers = numbers - since
    return np.where(np.isnat(found), np.nan, numbers)


def first_day(found: Moments) -> int:
    """Return the ordinal of the first known day; 0 if there is none."""
    known = found[~np.isnat(found)]
    return int(_days(known.min())) + _DAYS_TO_1970 if known.size else 0


def _days(found: Any) -> Any:
    return found.astype("datetime64[D]").astype(np.int64)


def _within(unit: str, inner: str) -> Callable[[Moments], NDArray[np.int64]]:
    """Return the function that counts inner units since the start of the outer one."""

    def count(found: Moments) -> NDArray[np.int64]:
        start = found.astype(f"datetime64[{unit}]")
        counted: NDArray[np.int64] = (found.astype(f"datetime64[{inner}]") - start).astype(np.int64)
        return counted

    return count


_PARTS: dict[DatePart, Callable[[Moments], NDArray[np.int64]]] = {
    DatePart.DAYS: lambda found: _days(found) + _DAYS_TO_1970,
    DatePart.MONTH: lambda found: _within("Y", "M")(found) + 1,
    DatePart.DAY: lambda found: _within("M", "D")(found) + 1,
    DatePart.DAY_OF_YEAR: lambda found: _within("Y", "D")(found) + 1,
    DatePart.WEEKDAY: lambda found: (_days(found) - _MONDAY) % _DAYS_A_WEEK,
    DatePart.HOUR: _within("D", "h"),
}
