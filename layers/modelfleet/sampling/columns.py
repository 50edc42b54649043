"""What the models' generators of realistic data share."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import Column, ColumnKind, Features

Columns = dict[str, NDArray[Any]]
Floats = NDArray[np.float64]
Shift = Mapping[str, float | Mapping[str, float]]
"""By column, what is added to a number, or the share that each named category is to have."""
_TOO_LARGE = 2.0**63


def draw(rng: np.random.Generator, shares: Mapping[str, float], rows: int) -> NDArray[Any]:
    """Draw categories by their shares, which need not add up to 1."""
    weights = np.array(list(shares.values()))
    names = np.array(list(shares), dtype=object)
    drawn: NDArray[Any] = names[rng.choice(len(names), size=rows, p=weights / weights.sum())]
    return drawn


def chance(rng: np.random.Generator, share: float | Floats, rows: int) -> NDArray[np.bool_]:
    """Draw true with the given probability."""
    drawn: NDArray[np.bool_] = rng.random(rows) < share
    return drawn


def effect(values: NDArray[Any], effects: Mapping[Any, float]) -> Floats:
    """What each value adds to a score; values that are not named add nothing."""
    result = np.zeros(len(values))
    for value, added in effects.items():
        result[values == value] = added
    return result


def curve(values: NDArray[Any], points: Sequence[tuple[float, float]]) -> Floats:
    """A piecewise linear effect through (value, effect) points, level beyond its ends."""
    at, effects = zip(*points, strict=True)
    added: Floats = np.interp(values.astype(float), at, effects)
    return added


def bernoulli(rng: np.random.Generator, log_odds: Floats) -> NDArray[np.int64]:
    """Draw 0 or 1 for each log-odds."""
    return chance(rng, 1 / (1 + np.exp(-log_odds)), len(log_odds)).astype(np.int64)


def clipped(values: ArrayLike, low: float, high: float) -> Floats:
    """Values held between two ends."""
    held: Floats = np.clip(np.asarray(values, dtype=float), low, high)
    return held


def integers(values: ArrayLike) -> NDArray[Any]:
    """Values rounded to whole numbers: int64, or float64 if some are too large for that."""
    rounded: Floats = np.rint(np.asarray(values, dtype=float))
    return rounded.astype(np.int64) if np.all(np.abs(rounded) < _TOO_LARGE) else rounded


def shifted(columns: Columns, features: type[Features], shift: Shift | None) -> Columns:
    """Add to numbers, within the range that the schema allows, or change shares of categories.

    Of a category column as few rows as possible change: those who leave or join a named category
    are drawn, and the categories that are not named keep their proportions.

    Parameters
    ----------
    columns
        One array a column, without gaps.
    features
        The model's declaration.
    shift
        By column, what to add, or the share that each named category is to have.

    Raises
    ------
    DatasetError
        If a column is no feature, is moved in a way that its kind does not have, or to categories
        or shares that it cannot have.
    """
    declared = {column.name: column for column in features.columns()}
    moved = dict(columns)
    for name, change in (shift or {}).items():
        if name not in declared:
            raise DatasetError(f"{name} is no feature; features are: {', '.join(declared)}")
        column = declared[name]
        moved[name] = (
            _at_shares(column, columns[name], change)
            if isinstance(change, Mapping)
            else _added(column, columns[name], change)
        )
    return moved


def _added(column: Column, values: NDArray[Any], added: float) -> NDArray[Any]:
    if column.kind is ColumnKind.CATEGORY:
        raise DatasetError(
            f"{column.name} is a category: nothing can be added to it; "
            f"a category's share can change, such as {column.name}={column.example}:0.8"
        )
    moved = np.clip(values + added, column.minimum, column.maximum)
    return integers(moved) if column.kind is ColumnKind.INTEGER else moved


def _at_shares(column: Column, values: NDArray[Any], shares: Mapping[str, float]) -> NDArray[Any]:
    _check_shares(column, shares)
    # By the column's name, so that two columns do not change in the same rows.
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
    if column.kind is not ColumnKind.CATEGORY:
        raise DatasetError(f"{column.name} is a number: add to it, such as {column.name}=+1")
    if unknown := sorted(set(shares) - set(column.categories)) if column.categories else []:
        raise DatasetError(
            f"{column.name} has no {unknown[0]}; its categories are: {', '.join(column.categories)}"
        )
    if sum(shares.values()) > 1.0 or min(shares.values()) < 0.0:
        raise DatasetError(f"{column.name}: shares lie between 0 and 1, and add up to 1 at most")


def with_gaps(values: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
    """Put `None` where a value is missing."""
    gapped = values.astype(object)
    gapped[missing] = None
    return gapped


def rows_of(columns: Columns) -> list[dict[str, Any]]:
    """One dictionary of plain Python values per row."""
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]
