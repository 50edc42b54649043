"""The spelling and the fingerprint of rows."""

import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.datasets.manifest import Side, canonical, fingerprint

VALUES = st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ROWS = st.lists(st.dictionaries(st.text(), VALUES, max_size=4), max_size=8)


@given(rows=ROWS, seed=st.integers())
def test_the_order_of_rows_and_columns_does_not_matter(
    rows: list[dict[str, Any]], seed: int
) -> None:
    """Shuffled rows with shuffled columns have the same fingerprint."""
    shuffled = [dict(random.Random(seed).sample(list(row.items()), len(row))) for row in rows]  # noqa: S311  not a secret
    random.Random(seed).shuffle(shuffled)  # noqa: S311  not a secret
    assert fingerprint(map(canonical, rows)) == fingerprint(map(canonical, shuffled))


@given(rows=ROWS, row=st.dictionaries(st.text(), VALUES, max_size=4))
def test_every_row_counts(rows: list[dict[str, Any]], row: dict[str, Any]) -> None:
    """One row more is another data set, even if it is there already."""
    assert fingerprint(map(canonical, [*rows, row])) != fingerprint(map(canonical, rows))


def test_rows_are_kept_apart() -> None:
    """The values of two rows never add up to one other row."""
    assert fingerprint([b"ab", b"c"]) != fingerprint([b"a", b"bc"])


def test_nan_has_no_spelling() -> None:
    """A missing value is None; NaN here is a fault and not a row."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"age": math.nan})


def test_each_side_has_a_file() -> None:
    """The names of the staged files are part of the contract between the steps."""
    assert [side.file for side in Side] == ["train.parquet", "validation.parquet", "test.parquet"]
