"""What is planned for a table as a whole."""

import pytest

from modelfleet.drafting.expect import declared
from modelfleet.drafting.plan import ColumnPlan, TablePlan, WarningCode
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.spec.categories import Unseen
from modelfleet.tables.reader import Cells

ROWS = 300
SHOPS = tuple(f"shop {number:02d}" for number in range(13))
DAYS = tuple(f"2021-{1 + row // 25:02d}-{1 + row % 25:02d}" for row in range(ROWS))


def planned(days: tuple[str, ...]) -> TablePlan:
    """The plan of a table whose rows happened then."""
    size = tuple(str(row * 7 % 97) for row in range(ROWS))
    target = tuple("yes" if row % 3 else "no" for row in range(ROWS))
    lines = tuple(range(2, ROWS + 2))
    cells = Cells("t.csv", ("size", "day", "y"), lines, (size, days, target), (), "")
    return plan_table(cells, PlanRequest(model="timed", target="y", time="day"))


def category(*values: tuple[str, int]) -> tuple[ColumnPlan, TablePlan]:
    """The plan of a column with so many rows of each value, and that of its table."""
    texts = [text for text, rows in values for _ in range(rows)]
    texts = [texts[row * 11 % len(texts)] for row in range(len(texts))]
    size = tuple(str(row * 7 % 97) for row in range(len(texts)))
    target = tuple("yes" if row % 3 else "no" for row in range(len(texts)))
    lines = tuple(range(2, len(texts) + 2))
    cells = Cells("t.csv", ("size", "shop", "y"), lines, (size, tuple(texts), target), (), "")
    plan = plan_table(cells, PlanRequest(model="shops", target="y"))
    (found,) = (column for column in plan.features if column.name == "shop")
    return found, plan


@pytest.mark.parametrize(
    ("values", "categories", "unseen"),
    [
        ([("north", 150), ("south", 151)], ("north", "south"), Unseen.REFUSE),
        ([("north", 298), ("south", 3)], ("north", "south"), Unseen.REFUSE),
        ([("north", 140), ("south", 140), ("east", 21)], ("east", "north", "south"), "refuse"),
        ([("north", 150), ("south", 150), ("rare", 4)], ("north", "south"), Unseen.SCORE),
        ([(name, 23) for name in SHOPS], SHOPS, Unseen.SCORE),
        ([(f"shop {n:02d}", 5) for n in range(61)], (), Unseen.SCORE),
    ],
    ids=["two", "two, one of them rare", "few", "a rare one", "more", "many"],
)
def test_few_categories_refuse_others(
    values: list[tuple[str, int]], categories: tuple[str, ...], unseen: str
) -> None:
    """Many or rare ones are scored, and no rare one is listed: it could identify a person."""
    found, _ = category(*values)
    assert (found.categories, found.unseen) == (categories, unseen)
    assert found.example in (categories or {value for value, _ in values})
    assert declared(found).unseen == unseen


@pytest.mark.parametrize("rare", [0, 3])
def test_variants_of_a_listed_category_are_one(rare: int) -> None:
    """Whether unlisted values are refused or scored: the API and files read them alike."""
    spellings = [("plus", 60), ("PLUS", 50), ("Plus ", 40), ("basic", 80), ("BASIC", 70)]
    found, plan = category(*spellings, *([("custom", rare)] if rare else []))
    assert found.categories == ("basic", "plus")
    assert [each.code for each in plan.warnings] == [WarningCode.SPELLINGS]


@pytest.mark.parametrize(
    "slip", ["0001-01-01", "9999-12-31", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"]
)
@pytest.mark.parametrize("zone", ["", "T00:00:00+02:00"])
def test_a_day_of_another_time_is_none_of_the_tables_days(slip: str, zone: str) -> None:
    """A generator would draw days of all the centuries between."""
    days = tuple(f"{day}{zone}" for day in DAYS)
    assert planned((*days[:-1], slip)).days == planned(days[:-1] + days[:1]).days
