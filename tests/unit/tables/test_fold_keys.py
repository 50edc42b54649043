"""Rows that a cross-validation must not separate."""

import numpy as np
import pandas as pd

from modelfleet.spec.model import ModelSpec
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
