"""Evidently draws both sides of a comparison, whatever the day was like."""

import os
from typing import Any

import numpy as np
import pytest

from modelfleet.drift.report_rows import ReportRows
from modelfleet.spec.features import Column, ColumnKind
from tests.unit.drift.test_report import report

ROWS = 120
_RNG = np.random.default_rng(0)
COLUMNS = (
    Column(name="Age", kind=ColumnKind.INTEGER, description="Age", example=40),
    Column(name="Tenure", kind=ColumnKind.NUMBER, description="Years", example=3, nullable=True),
    Column(name="City", kind=ColumnKind.CATEGORY, description="City", example="a", nullable=True),
)
REFERENCE: dict[str, Any] = {
    "Age": _RNG.integers(18, 92, ROWS).tolist(),
    "Tenure": np.where(_RNG.random(ROWS) < 0.1, np.nan, _RNG.normal(5, 2, ROWS)),
    "City": np.array(["a", "b", None], dtype=object)[_RNG.integers(0, 3, ROWS)],
}
EMPTY: dict[str, Any] = {
    "Age": np.full(ROWS, np.nan),
    "Tenure": np.full(ROWS, np.nan),
    "City": np.full(ROWS, None, dtype=object),
}


def draw(rows: ReportRows) -> bytes:
    """Draw, importing Evidently only now: it takes longer than these tests."""
    from modelfleet.adapters.evidently_report import draw  # noqa: PLC0415

    return draw("Churn", report(), rows)


def drawn(**changed: Any) -> str:
    """The page of a window that is the reference, but for these columns."""
    return draw(ReportRows(COLUMNS, REFERENCE, REFERENCE | changed)).decode()


def names(page: str) -> set[str]:
    """The columns that a page tells of."""
    return {column.name for column in COLUMNS if f'"{column.name}"' in page}


def test_every_column_is_drawn() -> None:
    """A page for people holds each column, and needs no other host to be shown."""
    page = drawn(Age=_RNG.integers(40, 92, ROWS))
    assert names(page) == {"Age", "Tenure", "City"}
    assert 'src="http' not in page
    assert '<link rel="stylesheet"' not in page


@pytest.mark.parametrize("column", ["Tenure", "City"])
def test_a_column_without_a_value_hides_no_other(column: str) -> None:
    """A feature that is missing all day is left out, and the others are drawn all the same."""
    assert names(drawn(**{column: EMPTY[column]})) == {"Age", "Tenure", "City"} - {column}


def test_a_feature_that_was_never_there_hides_no_other() -> None:
    """A feature without a value in training is left out as well."""
    rows = ReportRows(COLUMNS, REFERENCE | {"Tenure": EMPTY["Tenure"]}, REFERENCE)
    assert names(draw(rows).decode()) == {"Age", "City"}


def test_a_feature_stuck_at_one_value_is_drawn() -> None:
    """A column of one number, and a category never seen before, are no obstacle."""
    page = drawn(Tenure=np.full(ROWS, 3.0), City=np.full(ROWS, "elsewhere", dtype=object))
    assert names(page) == {"Age", "Tenure", "City"}


def test_nothing_to_draw_is_said() -> None:
    """Where no column has a value, a page says so; the run goes on."""
    assert "nothing to" in drawn(**EMPTY)


def test_nobody_else_hears_of_it() -> None:
    """The library is told to report nothing to its makers."""
    assert os.environ["DO_NOT_TRACK"] == "1"
