"""Rows that a cross-validation must not separate."""

import numpy as np
import pandas as pd

from modelfleet.spec.features import GROUP
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.time_column import TimeColumn
from modelfleet.tables.fold_keys import fold_keys, row_hashes


def test_rows_with_equal_features_are_one_group(binary: ModelSpec) -> None:
    """The outcome has no say, nor has how a missing value or a zero is stored."""
    rows = pd.DataFrame(
        {
            "age": [30.0, 30.0, 30.0, 31.0],
            "income": [0.0, -0.0, np.nan, np.nan],
            "colour": np.array(["red", "red", None, None], dtype=object),
            "town": np.array(["Pisa"] * 4, dtype=object),
            "bought": [0.0, 1.0, 0.0, 0.0],
        }
    )
    groups = fold_keys(binary, rows).groups
    assert groups is not None
    first, second, *others = groups
    assert first == second
    assert len({first, *others}) == 3


def test_distinct_rows_have_distinct_hashes() -> None:
    """A hundred thousand rows do not collide."""
    frame = pd.DataFrame({"n": np.arange(100_000.0), "text": "a"})
    assert np.unique(row_hashes(frame, ["n", "text"])).size == 100_000


def test_the_group_decides_where_a_row_has_one(binary: ModelSpec) -> None:
    """Rows without a group are with equal rows; the time orders all of them."""
    rows = pd.DataFrame(
        {
            "age": [30.0, 31.0, 30.0, 30.0],
            "income": 1.0,
            "colour": "red",
            "town": "Pisa",
            GROUP: np.array(["a", "a", None, None], dtype=object),
            "day": ["2026-01-01", "2026-01-03", "2026-01-02", "2026-01-04"],
        }
    )
    grouped = binary.model_copy(update={"group": "customer"})
    timed = grouped.model_copy(update={"time": TimeColumn(column="day")})
    groups, times = fold_keys(timed, rows)
    assert groups is not None
    assert times is not None
    assert groups[0] == groups[1] != groups[2] == groups[3]
    assert list(np.argsort(times)) == [0, 2, 1, 3]
    assert fold_keys(grouped, rows).times is None
    assert fold_keys(timed.model_copy(update={"group": None}), rows).groups is None
