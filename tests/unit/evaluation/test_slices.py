"""Rows in groups: by category, between edges, missing ones by themselves."""

import pandas as pd
import pytest

from modelfleet.evaluation.slices import groups
from modelfleet.spec.features import Column, ColumnKind

COLOUR = Column(name="colour", kind=ColumnKind.CATEGORY, description="", example="red")
AGE = Column(name="age", kind=ColumnKind.INTEGER, description="", example=40)


def counted(column: Column, values: list[object], edges: tuple[float, ...] = ()) -> dict[str, int]:
    """Rows by the name of their group."""
    found = list(groups(column, pd.Series(values), edges))
    assert {group.column for group in found} == {column.name}
    return {group.name: int(group.rows.sum()) for group in found}


def test_declared_categories_are_groups() -> None:
    """Every declared category is a group, one that no row holds too."""
    closed = COLOUR.model_copy(update={"categories": ("red", "blue")})
    assert counted(closed, ["red", "red", None]) == {"red": 2, "blue": 0, "missing": 1}


def test_open_categories_are_groups_by_frequency() -> None:
    """Of an open column the most frequent categories are taken, and no more than twenty."""
    values = [f"c{place}" for place in range(30) for _ in range(place + 1)]
    found = counted(COLOUR, list(values))
    assert list(found.items())[:2] == [("c29", 30), ("c28", 29)]
    assert len(found) == 20


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ((40.0,), {"below 40": 2, "40 or more": 3, "missing": 1}),
        ((30.0, 50.0), {"below 30": 1, "30 to below 50": 2, "50 or more": 2, "missing": 1}),
    ],
)
def test_numbers_are_grouped_between_edges(
    edges: tuple[float, ...], expected: dict[str, int]
) -> None:
    """A value on an edge belongs above it, and every row to exactly one group."""
    found = counted(AGE, [20, 39, 40, 50, 70, None], edges)
    assert found == expected
    assert sum(found.values()) == 6


def test_without_gaps_nothing_is_missing() -> None:
    """The group of missing values is there only where values are missing."""
    assert "missing" not in counted(AGE, [20, 60], (30.0,))
