"""Building blocks of the models' data generators."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import Column, ColumnKind, Features

Columns = dict[str, NDArray[Any]]
Floats = NDArray[np.float64]
Shift = Mapping[str, float | Mapping[str, float]]
"""Shift of each column: an offset (of dates, in days), or target shares for a categorical one."""
_TOO_LARGE = 2.0**63


def draw(rng: np.random.Generator, shares: Mapping[str, float], rows: int) -> NDArray[Any]:
    """Draw categories by their shares, which need not sum to 1."""
    weights = np.array(list(shares.values()))
    names = np.array(list(shares), dtype=object)
    drawn: NDArray[Any] = names[rng.choice(len(names), size=rows, p=weights / weights.sum())]
    return drawn


def chance(rng: np.random.Generator, share: float | Floats, rows: int) -> NDArray[np.bool_]:
    """Draw `True` with the given probability."""
    drawn: NDArray[np.bool_] = rng.random(rows) < share
    return drawn


def effect(values: NDArray[Any], effects: Mapping[Any, float]) -> Floats:
    """Map values to additive effects on a score; values without an effect map to 0."""
    result = np.zeros(len(values))
    for value, added in effects.items():
        result[values == value] = added
    return result


def curve(values: NDArray[Any], points: Sequence[tuple[float, float]]) -> Floats:
    """Interpolate linearly through (value, effect) points, constant beyond both ends."""
    at, effects = zip(*points, strict=True)
    added: Floats = np.interp(values.astype(float), at, effects)
    return added


def bernoulli(rng: np.random.Generator, log_odds: Floats) -> NDArray[np.int64]:
    """Draw 0 or 1 for each log-odds."""
    return chance(rng, 1 / (1 + np.exp(-log_odds)), len(log_odds)).astype(np.int64)


def clipped(values: ArrayLike, low: float, high: float) -> Floats:
    """Clip values to an interval."""
    held: Floats = np.clip(np.asarray(values, dtype=float), low, high)
    return held


def integers(values: ArrayLike) -> NDArray[Any]:
    """Round values to integers: int64, or float64 if some are too large for that."""
    rounded: Floats = np.rint(np.asarray(values, dtype=float))
    return rounded.astype(np.int64) if np.all(np.abs(rounded) < _TOO_LARGE) else rounded


def shifted(columns: Columns, features: type[Features], shift: Shift | None) -> Columns:
    """Shift numbers and dates within the schema's range, and the category shares of others.

    In a categorical column, as few rows as possible change: rows that leave or join a named
    category are drawn at random, and all other categories keep their proportions.

    Parameters
    ----------
    columns
        One array per column, without missing values.
    features
        Features of the model.
    shift
        Shift of each column: an offset for a numeric one, days for a date, target shares for a
        categorical one.

    Raises
    ------
    DatasetError
        If a column is not a feature, the kind of shift does not match the column, or categories or
        shares are invalid.
    """
    declared = {column.name: column for column in features.columns()}
    moved = dict(columns)
    for name, change in (shift or {}).items():
        if name not in declared:
            raise DatasetError(f"{name} is not a feature; features are: {', '.join(declared)}")
        column = declared[name]
        moved[name] = (
            _at_shares(column, columns[name], change)
            if isinstance(change, Mapping)
            else _added(column, columns[name], change)
        )
    return moved


def _added(column: Column, values: NDArray[Any], added: float) -> NDArray[Any]:
    if column.date is not None:
        rule = column.date
        return np.array([rule.at(rule.days(text) + added) for text in values], dtype=object)
    if column.kind is ColumnKind.CATEGORY:
        raise DatasetError(
            f"{column.name} is categorical and cannot be shifted by a number; "
            f"set a category's share instead: {column.name}={column.example}:0.8"
        )
    moved = np.clip(values + added, column.minimum, column.maximum)
    return integers(moved) if column.kind is ColumnKind.INTEGER else moved


def _at_shares(column: Column, values: NDArray[Any], shares: Mapping[str, float]) -> NDArray[Any]:
    _check_shares(column, shares)
    # Seeded by the column's name, so that different columns change in different rows.
    rng = np.random.default_rng(list(column.name.encode()))
    named = list(shares)
    others = values[~np.isin(values, named)]
    moved = values.copy()
    for name, share in shares.items():
        has, wanted = np.flatnonzero(moved == name), round(share * values.size)
        if has.size > wanted and others.size:
            leaving = rng.choice(has, has.size - wanted, replace=False)
            moved[leaving] = rng.choice(others, leaving.size)
        elif has.size < wanted:
            free = np.flatnonzero(~np.isin(moved, named))
            joining = rng.choice(free, min(free.size, wanted - has.size), replace=False)
            moved[joining] = name
    return moved


def _check_shares(column: Column, shares: Mapping[str, float]) -> None:
    if column.date is not None:
        raise DatasetError(f"{column.name} is a date; shift it by days: {column.name}=+30")
    if column.kind is not ColumnKind.CATEGORY:
        raise DatasetError(f"{column.name} is numeric; shift it by a number: {column.name}=+1")
    if unknown := sorted(set(shares) - set(column.categories)) if column.categories else []:
        raise DatasetError(
            f"{column.name} has no category {unknown[0]}; "
            f"its categories are: {', '.join(column.categories)}"
        )
    if sum(shares.values()) > 1.0 or min(shares.values()) < 0.0:
        raise DatasetError(f"{column.name}: shares must be between 0 and 1 and sum to at most 1")


def with_gaps(values: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
    """Replace missing values by `None`."""
    gapped = values.astype(object)
    gapped[missing] = None
    return gapped


def rows_of(columns: Columns) -> list[dict[str, Any]]:
    """Return one dictionary of plain Python values per row."""
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]
