"""What a generator needs to imitate a table: its columns, their ties, and what makes its target."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from modelfleet.drafting import limits
from modelfleet.drafting.own_rows import without_own_rows
from modelfleet.drafting.plan import ColumnPlan, TablePlan
from modelfleet.drafting.relation import Relation, plain, relate, rounded
from modelfleet.drafting.ties import gap_ties, value_ties
from modelfleet.spec.features import ColumnKind
from models.imitation import LEVELS, Likeness

# Fewer values than this are listed with their shares.
_LISTED_VALUES = 13
_DECIMALS_MAXIMUM = 4
_ROWS = 5_000


@dataclass(frozen=True)
class Imitation:
    """The parameters of a generator.

    Attributes
    ----------
    rows
        As many as the table has.
    likeness
        What its rows are like. Values of fewer rows than `CATEGORY_ROWS_MINIMUM` are not told,
        unless the spec declares them.
    shared_by
        How many rows of the table must be alike for the generator to draw what they are.
    relation
        What makes the target.
    target_decimals
        With how many decimals a numeric target is written.
    """

    rows: int
    likeness: Likeness
    shared_by: float
    relation: Relation
    target_decimals: int = 0


def imitate(plan: TablePlan, rows: pd.DataFrame, expected: float) -> Imitation:
    """Fit a generator to a table.

    Parameters
    ----------
    plan
        The columns.
    rows
        The features and the target, as a data set holds them.
    expected
        ROC AUC, or R², that a plain model reaches on this table.
    """
    # One thread: sums come out the same each time, and small ones do not wait for each other.
    with threadpool_limits(1):
        likeness, shared_by = without_own_rows(_likeness(plan, rows), rows)
        relation = relate(plan, rows, likeness, expected)
    return Imitation(
        rows=len(rows),
        likeness=likeness,
        shared_by=shared_by,
        relation=relation,
        target_decimals=decimals(rows[plan.target.column]),
    )


def _likeness(plan: TablePlan, rows: pd.DataFrame) -> Likeness:
    y = rows[plan.target.column].to_numpy(dtype=np.float64)
    shares = {c.name: _shares(c, rows[c.name], y) for c in plan.features if _is_listed(c, rows)}
    numeric = [column.name for column in plan.features if column.name not in shares]
    gaps = _gaps(plan)
    return Likeness(
        quantiles={name: _quantiles(rows[name].dropna()) for name in numeric},
        decimals={name: decimals(rows[name].dropna()) for name in numeric},
        shares=shares,
        ties=value_ties(_scores(rows, shares)),
        gaps=gaps,
        gap_ties=gap_ties(rows[list(gaps)].isna()),
    )


def decimals(values: "pd.Series[float]") -> int:
    """With how many decimals numbers are written."""
    numbers = values.to_numpy(dtype=np.float64)
    for count in range(_DECIMALS_MAXIMUM):
        if np.allclose(numbers, numbers.round(count), rtol=0, atol=1e-9):
            return count
    return _DECIMALS_MAXIMUM


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
    return {plain(value): max(round(float(counts[value] / total), 4), 0.0001) for value in told}


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
