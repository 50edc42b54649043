"""The plan of a model is readable in any terminal, and what to decide comes first."""

import re
from collections.abc import Iterable, Mapping
from io import StringIO

import numpy as np
import pytest
from rich.cells import cell_len

from cli.commands.models import new
from cli.drafting import plan_tables
from cli.drafting.draft import Inspected
from cli.output import console
from modelfleet.drafting.plan import TablePlan
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.tables.reader import Cells

ROWS = 240
RNG = np.random.default_rng(9)
LONG = "Total time that was spent on the website by the customer before the last purchase"
JOINED = "average_monthly_spending_on_groceries_in_the_twelve_months_before_the_application"
SOLID = "Kraftfahrzeughaftpflichtversicherungsbeitragsrückerstattungsbetrag"


def inspected(columns: Mapping[str, Iterable[object]]) -> Inspected:
    """The plan of a table with these columns and a binary target."""
    texts = {name: tuple(map(str, values)) for name, values in columns.items()}
    texts["Left"] = tuple(RNG.choice(["yes", "no"], ROWS).tolist())
    lines = tuple(range(2, ROWS + 2))
    cells = Cells("t.csv", tuple(texts), lines, tuple(texts.values()), (), "")
    return Inspected(cells, plan_table(cells, PlanRequest(model="wide", target="Left")))


def ages(code: int = 50) -> list[int]:
    """Numbers, among which a code is frequent."""
    return [code if draw < 0.1 else 18 + int(60 * draw) for draw in RNG.random(ROWS)]


@pytest.fixture(scope="module")
def plan() -> Inspected:
    """Long names, decisions to take, and columns that are left out."""
    return inspected(
        {
            "": range(ROWS),
            "instant": range(7, ROWS + 7),
            LONG: ages(999),
            JOINED: RNG.choice(["basic", "family", "plus", "premium"], ROWS),
            SOLID: RNG.normal(0, 1, ROWS).round(3),
            "Country": RNG.choice(["NA", "DE", "FR"], ROWS),
            "Comment": [f"they said that {n} times" for n in range(ROWS)],
        }
    )


def shown(
    plan: Inspected, width: int, monkeypatch: pytest.MonkeyPatch, *, terminal: bool = True
) -> list[str]:
    """The lines of the plan."""
    file = StringIO()
    for name, value in {"_file": file, "_force_terminal": terminal, "_width": width}.items():
        monkeypatch.setattr(console._OUT, name, value)
    new._show(plan)
    return re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue()).splitlines()


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_words_are_whole(width: int, plan: Inspected, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names wrap at blanks and underscores, and only a single word exceeds the terminal."""
    lines = shown(plan, width, monkeypatch)
    text = "\n".join(lines)
    words = {SOLID, *LONG.split(), *JOINED.split("_"), "identifier", "999", "numbers"}
    assert not [word for word in words if word not in text]
    assert all(cell_len(line) <= width or SOLID in line for line in lines)


def test_decisions_come_first(plan: Inspected, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then what is left out with the reason, then the features."""
    lines = [line.strip() for line in shown(plan, 120, monkeypatch)]
    places = [
        next(place for place, line in enumerate(lines) if line.startswith(start))
        for start in ("target", "rows", "warning", "left out", "(unnamed)", "feature")
    ]
    assert places == sorted(places)
    assert [line for line in lines if line.startswith("Comment") and "free text" in line]


def test_piped_values_are_complete(plan: Inspected, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each column is one line of values between tabs."""
    lines = shown(plan, 80, monkeypatch, terminal=False)
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in lines if "\t" in line}
    assert rows["left out"] == ["role", "reason"]
    assert rows["instant"] == ["identifier", "it numbers the rows"]
    assert rows[JOINED][0] == "basic, family, plus, premium"
    assert {LONG, SOLID, "(unnamed)", "Country"} <= {*rows}
    (sentinel,) = [line for line in lines if line.startswith(f"warning  column {LONG}: 999 (")]
    assert sentinel.endswith(f"--missing '{LONG}=999'")


def test_similar_warnings_are_counted() -> None:
    """Three are shown, and the other columns are named."""
    made = inspected({f"age {n}": ages(999) for n in range(9)})
    lines = [text for _, text in plan_tables.warnings(made.plan)]
    assert len(made.plan.warnings) == 9
    assert len(lines) == 4
    assert re.fullmatch(r"the same in 6 more columns: (age \d, ){5}…", lines[-1])


def test_a_fourth_warning_is_shown() -> None:
    """Saying that there is one more would take as much room."""
    plan: TablePlan = inspected({f"age {n}": ages(999) for n in range(4)}).plan
    assert len(plan_tables.warnings(plan)) == 4


def test_the_group_is_a_fact_of_the_split() -> None:
    """It is neither a feature nor left out."""
    plan = inspected({"customer_id": [n // 4 for n in range(ROWS)], "age": ages()}).plan
    told = "60 customers, 4 rows each; rows of one customer stay on one side of each split"
    assert ("group", f"customer_id: {told}") in plan_tables.facts(plan)
    assert [row[0] for row in plan_tables.feature_rows(plan)] == ["age"]
    assert not plan_tables.left_out_rows(plan)
