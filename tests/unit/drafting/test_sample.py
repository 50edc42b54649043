"""Planning of a large table on a sample of its rows."""

import pytest

from modelfleet.drafting import limits
from modelfleet.drafting.plan import WarningCode
from modelfleet.drafting.sample import sampled
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.tables.reader import Cells


def cells_of(rows: int) -> Cells:
    """A table of a number and an outcome."""
    size = tuple(str((7 * n) % 101) for n in range(rows))
    target = tuple(str((n // 3) % 2) for n in range(rows))
    return Cells("t.csv", ("size", "y"), tuple(range(2, rows + 2)), (size, target), (), "")


def test_a_small_table_is_planned_as_a_whole() -> None:
    """Nothing is left out, and nothing is said."""
    cells = cells_of(300)
    assert sampled(cells) is cells


def test_a_plan_says_that_it_is_of_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are the same in each run and in the order of the file; the plan counts them."""
    monkeypatch.setattr(limits, "PLANNED_ROWS_MAXIMUM", 1_000)
    monkeypatch.setattr(limits, "PLANNED_ROWS_MINIMUM", 1_000)
    cells = sampled(cells_of(3_000))
    assert cells.lines == sampled(cells_of(3_000)).lines == tuple(sorted(set(cells.lines)))
    assert [*cells.columns[0]] == [str((7 * (line - 2)) % 101) for line in cells.lines]
    plan = plan_table(cells, PlanRequest(model="toy", target="y"))
    assert plan.rows == 1_000
    (warning,) = (each for each in plan.warnings if each.code is WarningCode.SAMPLE)
    assert warning.text.startswith("planned on 1,000 of 3,000 rows, chosen at random")


def test_a_wide_table_is_sampled_by_its_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by cells, whatever their shape."""
    monkeypatch.setattr(limits, "PLANNED_CELLS_MAXIMUM", 1_000)
    monkeypatch.setattr(limits, "PLANNED_ROWS_MINIMUM", 100)
    assert len(sampled(cells_of(3_000)).lines) == 500
