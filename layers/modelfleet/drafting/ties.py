"""Which columns of a table go together: the strongest ties that form a forest."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from models.imitation import Ties

_TIE_MINIMUM = 0.15
# A tie of 1 would make one column a copy of the other. Gaps may be copies.
_TIE_MAXIMUM, _GAP_TIE_MAXIMUM = 0.98, 0.999
# Two columns are compared on the rows that have both; fewer say nothing.
_TIE_ROWS = 50

Floats = NDArray[np.float64]


def value_ties(scores: pd.DataFrame) -> Ties:
    """How columns go together where both have a value.

    Parameters
    ----------
    scores
        Columns as numbers that have an order, NaN where missing.
    """
    found = scores.corr(method="spearman", min_periods=_TIE_ROWS).to_numpy()
    return _ties(list(scores.columns), found, lambda one, other: _of_ranks(found[one, other]))


def gap_ties(missing: pd.DataFrame) -> Ties:
    """Which columns lack their values in the same rows.

    Parameters
    ----------
    missing
        Whether a value is missing, for columns that have gaps and values.
    """
    flags = missing.to_numpy(dtype=np.float64)
    found = missing.astype(float).corr(min_periods=_TIE_ROWS).to_numpy()
    return _ties(
        list(missing.columns), found, lambda one, other: _of_flags(flags[:, one], flags[:, other])
    )


def _ties(names: Sequence[str], found: Floats, normal: Callable[[int, int], float]) -> Ties:
    """The forest of the strongest ties (Kruskal 1956), each column after its leader."""
    strength = np.abs(found)
    pairs = sorted(
        (-strength[i, j], i, j)
        for i in range(len(names))
        for j in range(i)
        if strength[i, j] >= _TIE_MINIMUM
    )
    walked = _walked(_forest(pairs, len(names)))
    return {
        names[child]: (names[leader], round(normal(leader, child), 3)) for child, leader in walked
    }


def _forest(pairs: Sequence[tuple[float, int, int]], size: int) -> list[list[int]]:
    root = list(range(size))
    neighbours: list[list[int]] = [[] for _ in range(size)]
    for _, left, right in pairs:
        if (merged := root[left]) != root[right]:
            root = [root[right] if each == merged else each for each in root]
            neighbours[left].append(right)
            neighbours[right].append(left)
    return neighbours


def _walked(neighbours: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Every column with the one that leads to it, from each tree's first column outwards."""
    seen: set[int] = set()
    steps: list[tuple[int, int]] = []
    for start in range(len(neighbours)):
        waiting = [start]
        while waiting:
            here = waiting.pop(0)
            seen.add(here)
            new = [each for each in neighbours[here] if each not in seen]
            steps += [(each, here) for each in new]
            waiting += new
    return steps


def _of_ranks(spearman: float) -> float:
    """The correlation of normal scores that gives a rank correlation (Pearson 1907)."""
    found = 2 * math.sin(math.pi * float(spearman) / 6)
    return min(max(found, -_TIE_MAXIMUM), _TIE_MAXIMUM)


def _of_flags(one: Floats, other: Floats) -> float:
    """The correlation of normal scores that are both low so often (tetrachoric: Pearson 1900)."""
    ends: Floats = ndtri([one.mean(), other.mean()])
    both = float((one * other).mean())

    def surplus(tie: float) -> float:
        return float(multivariate_normal.cdf(ends, cov=[[1.0, tie], [tie, 1.0]])) - both

    if surplus(_GAP_TIE_MAXIMUM) <= 0:
        return _GAP_TIE_MAXIMUM
    if surplus(-_GAP_TIE_MAXIMUM) >= 0:
        return -_GAP_TIE_MAXIMUM
    return float(brentq(surplus, -_GAP_TIE_MAXIMUM, _GAP_TIE_MAXIMUM, xtol=1e-3))
