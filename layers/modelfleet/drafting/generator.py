"""Fitting of a new model's row generator: quantiles, shares, and missing values by target."""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.drafting import limits
from modelfleet.drafting.plan import ColumnPlan, TablePlan
from modelfleet.sampling.generator import GROUPS, LEVELS, RowGenerator, gapped
from modelfleet.spec.dates import DatePart, part_of
from modelfleet.spec.features import ColumnKind

# Numeric columns with fewer distinct values are sampled like categories.
_LISTED_VALUES = 13
# Significant digits of a quantile, enough for sampling; a double has about 15.
_DIGITS, _DOUBLE_DIGITS = 6, 14
# Larger floats are always integers, regardless of the decimals in the table.
_WHOLE_MAXIMUM = 2.0**53
_SEED = 0

Floats = NDArray[np.float64]
Groups = NDArray[np.int64]


def fit_generator(plan: TablePlan, rows: pd.DataFrame) -> RowGenerator:
    """Fit the distribution of each column, conditional on the target.

    Values of open categories with fewer than `limits.CATEGORY_ROWS_MINIMUM` rows are left out,
    because they could identify a row.

    Parameters
    ----------
    plan
        Plan of the table.
    rows
        Features and target, as in a data set.
    """
    target: Floats = rows[plan.target.column].to_numpy(dtype=np.float64)
    groups = _groups(plan, target)
    dates = [column for column in plan.features if column.date is not None]
    listed = [each for each in plan.features if each not in dates and _is_listed(each, rows)]
    numbers = [each.name for each in plan.features if each not in (*dates, *listed)]
    gaps = [column.name for column in plan.features if column.missing_share > 0]
    return RowGenerator(
        target=_class_shares(plan, groups) if plan.target.spellings else _quantiles(target),
        target_decimals=0 if plan.target.spellings else _decimals(target),
        quantiles={
            name: tuple(_quantiles(part.to_numpy()) for part in _by_group(rows[name], groups))
            for name in numbers
        },
        decimals={name: _decimals(rows[name].dropna().to_numpy()) for name in numbers},
        shares={column.name: _shares(column, rows[column.name], groups) for column in listed},
        missing={name: _missing_shares(rows[name], groups) for name in gaps},
        days=plan.days,
        dates={column.name: _date_quantiles(column, rows, groups) for column in dates},
        weekdays=_date_shares(DatePart.WEEKDAY, dates, rows, groups),
        hours=_date_shares(DatePart.HOUR, dates, rows, groups),
    )


def generated_rows(generator: RowGenerator, plan: TablePlan, rows: int) -> pd.DataFrame:
    """Sample rows as in a data set: the features, and the target as a number."""
    rng = np.random.default_rng(_SEED)
    target, groups = generator.targets(rng, rows)
    drawn = gapped(generator.columns(rng, groups), generator.gaps(rng, groups))
    frame = pd.DataFrame({column.name: drawn[column.name] for column in plan.features})
    numbers = [each.name for each in plan.features if each.kind and each.kind.is_numeric]
    frame[plan.target.column] = groups if plan.target.spellings else target
    return frame.astype(dict.fromkeys((*numbers, plan.target.column), np.float64))


def _groups(plan: TablePlan, target: Floats) -> Groups:
    """Return each row's class, or the quintile of its target, shape (n,)."""
    if plan.target.spellings:
        return target.astype(np.int64)
    # Break ties at random instead of by position in the table.
    order = np.lexsort((np.random.default_rng(_SEED).random(target.size), target))
    ranks = np.empty(target.size, dtype=np.int64)
    ranks[order] = np.arange(target.size)
    return ranks * GROUPS // target.size


def _class_shares(plan: TablePlan, groups: Groups) -> dict[Any, float]:
    names = plan.target.spellings
    shares = np.bincount(groups, minlength=len(names)) / groups.size
    is_flag = set(names) == {"0", "1"}
    return {
        int(name) if is_flag else name: round(share, 4)
        for name, share in zip(names, shares.tolist(), strict=True)
    }


def _is_listed(column: ColumnPlan, rows: pd.DataFrame) -> bool:
    if column.kind is ColumnKind.CATEGORY:
        return True
    counts = rows[column.name].value_counts()
    return len(counts) < _LISTED_VALUES and counts.min() >= limits.CATEGORY_ROWS_MINIMUM


def _by_group(values: "pd.Series[Any]", groups: Groups) -> "Iterator[pd.Series[Any]]":
    """Yield the known values of each group, or those of all groups if the group has too few."""
    known = values.notna().to_numpy()
    for group in range(groups.max() + 1):
        part = values[known & (groups == group)]
        yield part if len(part) >= limits.CATEGORY_ROWS_MINIMUM else values[known]


def _date_quantiles(
    column: ColumnPlan, rows: pd.DataFrame, groups: Groups
) -> tuple[tuple[str, ...], ...]:
    rule = column.date
    if rule is None:
        raise TypeError(f"{column.name} is not a date")
    days = [part.map(rule.days).to_numpy() for part in _by_group(rows[column.name], groups)]
    return tuple(tuple(map(rule.at, np.quantile(each, LEVELS).tolist())) for each in days)


def _date_shares(
    part: DatePart, dates: Sequence[ColumnPlan], rows: pd.DataFrame, groups: Groups
) -> dict[str, tuple[dict[int, float], ...]]:
    """Return the shares of a part's values in each group, of the dates with that part."""
    return {
        column.name: tuple(
            {
                int(str(value)): max(round(share, 4), 0.0001)
                for value, share in of_group.map(partial(part_of, part=part))
                .astype(np.int64)
                .value_counts(normalize=True)
                .sort_index()
                .items()
            }
            for of_group in _by_group(rows[column.name], groups)
        )
        for column in dates
        if column.date is not None and part in column.date.parts
    }


def _quantiles(values: Floats) -> tuple[float, ...]:
    found = np.quantile(values, LEVELS)
    width = float(np.ptp(values)) or 1.0
    places = max(0, _DIGITS - math.floor(math.log10(width)))
    return tuple(found.round(min(places, _decimals(values))).tolist())


def _decimals(values: Floats) -> int:
    """Return the number of decimals needed to write the values."""
    largest = float(np.abs(values).max())
    if largest >= _WHOLE_MAXIMUM:
        return 1
    slack = largest * 10.0**-_DOUBLE_DIGITS
    for count in range(_DOUBLE_DIGITS):
        if np.allclose(values, values.round(count), rtol=0, atol=slack):
            return count
    return _DOUBLE_DIGITS


def _shares(
    column: ColumnPlan, values: "pd.Series[Any]", groups: Groups
) -> tuple[dict[object, float], ...]:
    counts = values.value_counts()
    if column.categories:
        known = counts[counts.index.isin(column.categories)]
    else:
        known = counts[counts >= limits.CATEGORY_ROWS_MINIMUM]
    told = known.index if len(known) else counts.index[:1]
    return tuple(
        {
            _plain(value): max(round(share, 4), 0.0001)
            for value, share in part.value_counts(normalize=True).sort_index().items()
        }
        for part in _by_group(values.where(values.isin(told)), groups)
    )


def _missing_shares(values: "pd.Series[Any]", groups: Groups) -> tuple[float, ...]:
    return tuple(values.isna().groupby(groups).mean().round(3).tolist())


def _plain(value: object) -> object:
    """Convert whole floats to integers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
