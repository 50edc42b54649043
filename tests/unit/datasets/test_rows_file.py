"""Rows as parquet."""

import numpy as np

from modelfleet.datasets.rows_file import read_arrays, read_columns, read_frame, to_parquet
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.validate import Row

ROWS: list[Row] = [
    {"age": 30, "income": None, "colour": "red", "town": None, "bought": 1.0},
    {"age": 41, "income": 2.5, "colour": "blue", "town": "Pisa", "bought": 0.0},
]


def test_a_frame_has_the_agreed_types(binary: ModelSpec) -> None:
    """Numbers are float64 with NaN, categories objects with None, the target comes last."""
    frame = read_frame(to_parquet(binary, ROWS))
    assert list(frame.columns) == ["age", "income", "colour", "town", "bought"]
    assert [str(kind) for kind in frame.dtypes] == [
        "float64", "float64", "object", "object", "float64",
    ]  # fmt: skip
    assert np.isnan(frame["income"][0])
    assert frame["town"][0] is None


def test_a_column_without_any_value_keeps_its_type(binary: ModelSpec) -> None:
    """A column that is missing in every row is not turned into another type."""
    frame = read_frame(to_parquet(binary, [ROWS[0]]))
    assert str(frame["income"].dtype) == "float64"
    assert frame["town"].tolist() == [None]


def test_rows_come_back_as_they_were(binary: ModelSpec) -> None:
    """Reading gives the values that were written, gaps included."""
    content = to_parquet(binary, ROWS)
    found = read_arrays(content, read_columns(content))
    assert {name: array.to_pylist() for name, array in found.items()} == {
        name: [row[name] for row in ROWS] for name in ROWS[0]
    }


def test_the_same_rows_give_the_same_bytes(binary: ModelSpec) -> None:
    """Nothing but the rows goes into the file."""
    assert to_parquet(binary, ROWS) == to_parquet(binary, [dict(row) for row in ROWS])
