"""What generators share that imitate a table: columns by quantiles or shares, and their ties."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from models.sampling import Columns, Floats, integers

LEVELS = (0.005, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.995)
"""The quantiles that a numeric column is described by; rarer values are some row's own."""

Ties = Mapping[str, tuple[str, float]]
"""Per column the one that it goes with, and the correlation of their normal scores."""


def tied(rng: np.random.Generator, names: Sequence[str], ties: Ties, rows: int) -> Columns:
    """Standard normal scores per column, of which each follows the one that it is tied to.

    A Gaussian copula whose graph is a forest: any ties make a valid distribution.

    Parameters
    ----------
    rng
        Draws the scores.
    names
        Every column.
    ties
        A column that others are tied to comes before them.
    rows
        How many.
    """
    scores: Columns = dict(zip(names, rng.standard_normal((len(names), rows)), strict=True))
    for name, (leader, correlation) in ties.items():
        own = np.sqrt(1 - correlation**2) * scores[name]
        scores[name] = correlation * scores[leader] + own
    return scores


def by_quantiles(scores: Floats, quantiles: Sequence[float], decimals: int) -> NDArray[Any]:
    """Numbers that are distributed as the quantiles at `LEVELS` say; whole ones as integers."""
    values = np.interp(ndtr(scores), LEVELS, quantiles)
    return integers(values) if decimals == 0 else values.round(decimals)


def by_shares(scores: Floats, shares: Mapping[Any, float]) -> NDArray[Any]:
    """Values by their shares, which need not add up to 1, from the lowest scores to the highest."""
    ends = np.cumsum(list(shares.values()))
    positions = np.searchsorted(ends / ends[-1], ndtr(scores), side="right")
    kind = object if any(isinstance(value, str) for value in shares) else None
    values = np.array(list(shares), dtype=kind)
    drawn: NDArray[Any] = values[np.minimum(positions, len(ends) - 1)]
    return drawn


def invented(rows: int) -> NDArray[Any]:
    """Texts that stand in for what no generator should know, such as people's names."""
    return np.array([f"invented {row}" for row in range(1, rows + 1)], dtype=object)


def spelled(outcomes: NDArray[np.int64], negative: str, positive: str) -> NDArray[Any]:
    """Classes as files spell them."""
    return np.where(outcomes == 1, positive, negative).astype(object)
