"""What the models' generators of realistic data share."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelfleet.domain.errors import DatasetError
from modelfleet.domain.features import ColumnKind, Features

Columns = dict[str, NDArray[Any]]
Floats = NDArray[np.float64]


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


def integers(values: ArrayLike) -> NDArray[np.int64]:
    """Values rounded to whole numbers."""
    rounded: NDArray[np.int64] = np.rint(np.asarray(values, dtype=float)).astype(np.int64)
    return rounded


def shifted(
    columns: Columns, features: type[Features], shift: Mapping[str, float] | None
) -> Columns:
    """Add to numeric columns, within the range that the model's schema allows.

    Raises
    ------
    DatasetError
        If a column to shift is not one of the model's numeric features.
    """
    declared = {c.name: c for c in features.columns() if c.kind is not ColumnKind.CATEGORY}
    moved = dict(columns)
    for name, added in (shift or {}).items():
        if name not in declared:
            known = ", ".join(declared)
            raise DatasetError(f"column {name} cannot be shifted; numeric features are: {known}")
        column = declared[name]
        values = np.clip(columns[name] + added, column.minimum, column.maximum)
        moved[name] = integers(values) if column.kind is ColumnKind.INTEGER else values
    return moved


def with_gaps(values: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
    """Put `None` where a value is missing."""
    gapped = values.astype(object)
    gapped[missing] = None
    return gapped


def rows_of(columns: Columns) -> list[dict[str, Any]]:
    """One dictionary of plain Python values per row."""
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]
