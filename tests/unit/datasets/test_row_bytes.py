"""Bytes of rows, made from columns."""

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.datasets.manifest import canonical, fingerprint
from modelfleet.datasets.row_bytes import each_bytes, named
from modelfleet.datasets.split import keyed, row_digests, side_of, split
from modelfleet.spec.features import CLIENT, ORIGIN, PREDICTION_ID
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.row_keys import row_keys
from modelfleet.tables.rows import Rows

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [0.0, -0.0, 1.0, 1e16, 9999999999999998.0, 1e-4, 9.9e-5, 5e-324, 1.7976931348623157e308]
)
ROW = st.fixed_dictionaries(
    {
        "age": st.none() | st.integers(-(2**53), 2**53) | st.sampled_from([2**63, -(2**70)]),
        "income": st.none() | NUMBERS,
        "colour": st.sampled_from(["red", "blue"]),
        "town": st.none() | st.text(max_size=8),
        "bought": st.sampled_from([0.0, 1.0]),
    }
)
TOLD = {ORIGIN: "feedback", PREDICTION_ID: "a", CLIENT: None}
ROWS = st.lists(ROW | ROW.map(lambda row: row | TOLD), max_size=12)


@given(rows=ROWS)
def test_rows_have_the_bytes_of_single_rows(binary: ModelSpec, rows: list[dict[str, Any]]) -> None:
    """Each row is encoded as on its own, so versions keep the names that they have."""
    columns = Rows.of(binary, rows)
    expected = [canonical(row) for row in rows]
    assert [*each_bytes(columns)] == expected
    found = named(columns, keyed(binary))
    assert found.sha256 == fingerprint(expected)
    assert [canonical(row) for row in columns.take(found.order)] == sorted(expected)
    assert named(columns).sha256 == found.sha256
    digests = [] if found.digests is None else found.digests.tolist()
    assert digests == row_digests(binary, columns).tolist()


@given(rows=ROWS)
def test_columns_are_split_as_single_rows(binary: ModelSpec, rows: list[dict[str, Any]]) -> None:
    """Each row keeps the side that it has had in all versions."""
    for side, part in split(binary, Rows.of(binary, rows)).items():
        assert [*part] == [row for row in rows if side_of(binary, row) is side]


@given(rows=ROWS)
def test_rows_have_equal_keys_if_their_values_are_equal(
    binary: ModelSpec, rows: list[dict[str, Any]]
) -> None:
    """The two zeros are equal, and a missing value is no zero and no empty text."""
    names = binary.data_columns
    keys = row_keys(Rows.of(binary, rows), names).tolist()
    for row, key in zip(rows, keys, strict=True):
        same = [other[n] == row[n] for other in rows for n in names]
        expected = np.array(same, dtype=bool).reshape(len(rows), len(names)).all(axis=1)
        assert [each == key for each in keys] == expected.tolist()


def test_rows_come_back_as_they_were(binary: ModelSpec) -> None:
    """Types, gaps, and provenance are kept; a slice and an index are those of a list."""
    rows: list[dict[str, Any]] = [
        {"age": 30, "income": None, "colour": "red", "town": None, "bought": 1.0},
        {"age": 41, "income": 2.5, "colour": "blue", "town": "Pisa", "bought": 0.0} | TOLD,
    ]
    found = Rows.of(binary, rows)
    assert [*found] == rows == [*found.joined(found[:0])]
    assert found[-1] == rows[1]
    assert found[1:] == rows[1:]
    assert isinstance(found[0]["age"], int)
    assert not any(isinstance(v, float) and math.isnan(v) for row in found for v in row.values())
