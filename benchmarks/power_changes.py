"""Changes to one column of a window that count as drift, and the columns that they suit."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from modelfleet.captures.columns import Values
from modelfleet.statistics.drift.bins import Categories

_TWO_AND_MISSING = 3
_LEAST_DOUBLED, _MOST_DOUBLED = 0.1, 0.4
_MOST_MISSING, _MOST_COMMON = 0.2, 0.9

Change = Callable[[np.random.Generator, Values], Values]
Suits = Callable[[Values], bool]


def _shares(values: Values) -> NDArray[np.float64]:
    """Return the shares of the known values, and last of missing values."""
    if isinstance(values, Categories):
        counts, missing = values.counts()
        known = np.array(list(counts.values()))
    else:
        known = np.unique(values[~np.isnan(values)], return_counts=True)[1]
        missing = int(np.isnan(values).sum())
    return np.asarray(np.append(known, missing) / (known.sum() + missing))


def _is_number(values: Values) -> bool:
    return not isinstance(values, Categories) and _shares(values).size > _TWO_AND_MISSING


def _has_category_to_double(values: Values) -> bool:
    return isinstance(values, Categories) and bool(_to_double(values).size)


def _to_double(values: Categories) -> NDArray[np.intp]:
    """Return the categories with a share of 10 % to 40 %."""
    shares = _category_shares(values)
    return np.flatnonzero((shares >= _LEAST_DOUBLED) & (shares <= _MOST_DOUBLED))


def _category_shares(values: Categories) -> NDArray[np.float64]:
    return np.asarray(np.bincount(values.codes[values.codes >= 0]) / values.codes.size)


def _may_lose_some(values: Values) -> bool:
    return bool(_shares(values)[-1] <= _MOST_MISSING)


def _varies(values: Values) -> bool:
    return bool(_shares(values).max() <= _MOST_COMMON)


def _shift(deviations: float) -> Change:
    def change(_: np.random.Generator, values: Values) -> Values:
        if isinstance(values, Categories):
            raise TypeError("categories cannot be shifted")
        step = deviations * np.nanstd(values)
        whole = not np.any(values[~np.isnan(values)] % 1)
        return values + (np.ceil(step) if whole else step)

    return change


def _double(rng: np.random.Generator, values: Values) -> Values:
    if not isinstance(values, Categories):
        raise TypeError("numbers have no share to double")
    # In a window, a category may have slightly less than its tenth of all rows.
    nearest = np.abs(_category_shares(values) - _LEAST_DOUBLED).argmin()
    doubled = _to_double(values)
    chosen = int(rng.choice(doubled if doubled.size else [nearest]))
    others = np.flatnonzero(values.codes != chosen)
    codes = values.codes.copy()
    codes[rng.choice(others, values.codes.size - others.size, replace=False)] = chosen
    return Categories(values.names, codes)


def _lose(rng: np.random.Generator, values: Values) -> Values:
    """Remove values from a tenth of all rows, in addition to missing ones."""
    size = values.codes.size if isinstance(values, Categories) else values.size
    if isinstance(values, Categories):
        codes = values.codes.copy()
        codes[rng.choice(np.flatnonzero(codes >= 0), size // 10, replace=False)] = -1
        return Categories(values.names, codes)
    numbers = values.copy()
    numbers[rng.choice(np.flatnonzero(~np.isnan(numbers)), size // 10, replace=False)] = np.nan
    return numbers


def _stick(rng: np.random.Generator, values: Values) -> Values:
    if isinstance(values, Categories):
        chosen = rng.choice(values.codes[values.codes >= 0])
        return Categories(values.names, np.full_like(values.codes, chosen))
    return np.full_like(values, rng.choice(values[~np.isnan(values)]))


CHANGES: Mapping[str, tuple[Suits, Change]] = {
    "one feature half a standard deviation higher": (_is_number, _shift(0.5)),
    "a category's share doubled (from 10 % or more)": (_has_category_to_double, _double),
    "10 points more missing values (from 20 % or less)": (_may_lose_some, _lose),
    "a feature stuck at one value (of 90 % or less)": (_varies, _stick),
    "one feature 8 standard deviations higher": (_is_number, _shift(8.0)),
}
