"""What a generator needs to imitate a table: its columns, their ties, and what makes its target."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from modelfleet.domain.features import ColumnKind
from modelfleet.pipelines.infer import limits
from modelfleet.pipelines.infer.plan import ColumnPlan, TablePlan
from modelfleet.pipelines.infer.relation import Relation, relate
from models.imitation import LEVELS

# Fewer values than this are listed with their shares.
_LISTED_VALUES = 13
_DIGITS = 4
_DECIMALS_MAXIMUM = 4
_ROWS = 5_000
_TIE_MINIMUM = 0.15
# A tie of 1 would make one column a copy of the other.
_TIE_MAXIMUM = 0.98
_TIE_ROWS = 50


class Imitation(BaseModel):
    """The parameters of a generator.

    Attributes
    ----------
    rows
        As many as the table has.
    quantiles, decimals
        Per numeric column its values at `models.imitation.LEVELS`, and how many decimals they have.
    shares
        Per category, and per number of few values, how often each is there, in the order in which
        they go with the target. Values of fewer rows than `CATEGORY_ROWS_MINIMUM` are not told,
        unless the spec declares them.
    gaps
        Share of missing values.
    ties
        Per column the one that it goes with; that one comes first.
    relation
        What makes the target.
    target_decimals
        With how many decimals a numeric target is written.
    first_day, last_day
        Between which the rows happened, where the plan names a time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    quantiles: dict[str, tuple[float, ...]]
    decimals: dict[str, int]
    shares: dict[str, dict[str | float, float]]
    gaps: dict[str, float]
    ties: dict[str, tuple[str, float]]
    relation: Relation
    target_decimals: int = 0
    first_day: str | None = None
    last_day: str | None = None


def imitate(plan: TablePlan, rows: pd.DataFrame) -> Imitation:
    """Fit a generator to a table.

    Parameters
    ----------
    plan
        The columns.
    rows
        The features and the target, as a data set holds them.
    """
    y = rows[plan.target.column].to_numpy(dtype=np.float64)
    shares = {c.name: _shares(c, rows[c.name], y) for c in plan.features if _is_listed(c, rows)}
    numeric = [column.name for column in plan.features if column.name not in shares]
    return Imitation(
        rows=len(rows),
        quantiles={name: _quantiles(rows[name].dropna()) for name in numeric},
        decimals={name: decimals(rows[name].dropna()) for name in numeric},
        shares=shares,
        gaps=_gaps(plan),
        ties=_ties(_scores(rows, shares)),
        relation=relate(plan, rows),
        target_decimals=decimals(rows[plan.target.column]),
        first_day=plan.days[0] if plan.days else None,
        last_day=plan.days[1] if plan.days else None,
    )


def decimals(values: "pd.Series[float]") -> int:
    """With how many decimals numbers are written."""
    numbers = values.to_numpy(dtype=np.float64)
    for count in range(_DECIMALS_MAXIMUM):
        if np.allclose(numbers, numbers.round(count), rtol=0, atol=1e-9):
            return count
    return _DECIMALS_MAXIMUM


def rounded(value: float) -> float:
    """With as many digits as a generator needs."""
    return float(f"{value:.{_DIGITS}g}")


def _gaps(plan: TablePlan) -> dict[str, float]:
    shares = {column.name: round(column.missing_share, 3) for column in plan.features}
    return {name: share for name, share in shares.items() if share > 0}


def _is_listed(column: ColumnPlan, rows: pd.DataFrame) -> bool:
    if column.kind is ColumnKind.CATEGORY:
        return True
    counts = rows[column.name].value_counts()
    return len(counts) < _LISTED_VALUES and counts.min() >= limits.CATEGORY_ROWS_MINIMUM


def _shares(
    column: ColumnPlan, values: "pd.Series[Any]", y: NDArray[np.float64]
) -> dict[str | float, float]:
    """Ordered by the mean of the target where they are texts, else by size."""
    groups = pd.Series(y, index=values.index).groupby(values, dropna=True)
    counts, means = groups.count(), groups.mean()
    told = [
        value
        for value in counts.index
        if column.categories or counts[value] >= limits.CATEGORY_ROWS_MINIMUM
    ] or [counts.idxmax()]
    if column.kind is ColumnKind.CATEGORY:
        told.sort(key=lambda value: (means[value], value))
    total = counts.sum()
    return {_plain(value): max(round(counts[value] / total, 4), 0.0001) for value in told}


def _plain(value: str | float) -> str | float:
    if isinstance(value, str):
        return value
    return int(value) if float(value).is_integer() else float(value)


def _quantiles(values: "pd.Series[float]") -> tuple[float, ...]:
    return tuple(rounded(value) for value in np.quantile(values, LEVELS))


def _scores(rows: pd.DataFrame, shares: Mapping[str, Mapping[str | float, float]]) -> pd.DataFrame:
    """Columns as numbers that have an order, texts by where they stand among the shares."""
    taken = rows.iloc[:, :-1]
    taken = taken.sample(_ROWS, random_state=0) if len(taken) > _ROWS else taken
    ranks = {
        name: {value: rank for rank, value in enumerate(told)} for name, told in shares.items()
    }
    return pd.DataFrame(
        {
            name: taken[name].map(ranks[name]) if taken[name].dtype == object else taken[name]
            for name in taken.columns
        }
    ).astype(float)


def _ties(scores: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """The strongest ties that form a forest (Kruskal 1956), each column after its leader."""
    found = scores.corr(method="spearman", min_periods=_TIE_ROWS).to_numpy()
    names = list(scores.columns)
    pairs = sorted(
        (-abs(found[i, j]), i, j)
        for i in range(len(names))
        for j in range(i)
        if abs(found[i, j]) >= _TIE_MINIMUM
    )
    neighbours = _forest(pairs, len(names))
    return {
        names[child]: (names[parent], _normal(found[parent, child]))
        for child, parent in _walked(neighbours)
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
    return _once(steps)


def _once(steps: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: dict[int, int] = {}
    for child, parent in steps:
        found.setdefault(child, parent)
    return list(found.items())


def _normal(spearman: float) -> float:
    """The correlation of normal scores that gives a rank correlation (Pearson 1907)."""
    found = 2 * math.sin(math.pi * float(spearman) / 6)
    return round(min(max(found, -_TIE_MAXIMUM), _TIE_MAXIMUM), 3)
