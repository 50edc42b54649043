"""What a plan warns of."""

import numpy as np
import pytest

from modelfleet.drafting.plan import PlanWarning, TablePlan, WarningCode, costliest_first
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.tables.reader import Cells

ROWS = 300
RNG = np.random.default_rng(7)
TARGET = tuple(np.where(RNG.random(ROWS) < 0.4, "yes", "no").tolist())
SIZE = tuple(f"{size:.2f}" for size in RNG.normal(50, 9, ROWS))


def planned(**columns: tuple[str, ...]) -> TablePlan:
    """The plan of a table with these columns, a numeric one, and a binary target."""
    texts = {"size": SIZE, **columns, "y": TARGET}
    lines = tuple(range(2, ROWS + 2))
    cells = Cells("t.csv", tuple(texts), lines, tuple(texts.values()), (), "")
    return plan_table(cells, PlanRequest(model="warned", target="y"))


def warnings(plan: TablePlan, column: str | None) -> dict[WarningCode, str]:
    """The warnings about a column, by topic."""
    return {warning.code: warning.text for warning in plan.warnings if warning.column == column}


def test_a_warning_is_an_object() -> None:
    """Programs read the topic and the column, and people a line."""
    country = ("NA", "BW", "ZA") * (ROWS // 3)
    (found,) = planned(country=country).warnings
    assert set(found.model_dump(mode="json")) == {"code", "column", "text"}
    assert (found.code, found.column) == ("missing-words", "country")
    assert found.line == f"column country: {found.text}"
    assert "NA (100)" in found.text
    assert "--keep-word country=NA" in found.text


@pytest.mark.parametrize("code", WarningCode)
def test_the_costliest_comes_first(code: WarningCode) -> None:
    """Warnings are sorted by their topic, and otherwise stay in order."""
    leak = PlanWarning(code=WarningCode.LEAK, column="b", text="predicts y on its own")
    others = [PlanWarning(code=code, column=name, text="it") for name in "ca"]
    found = costliest_first([*others, leak])
    assert [w.column for w in found] == (list("cab") if code is WarningCode.LEAK else list("bca"))
