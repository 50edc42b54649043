"""What is planned for a table as a whole."""

import pytest

from modelfleet.drafting.plan import TablePlan
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.tables.reader import Cells

ROWS = 300
DAYS = tuple(f"2021-{1 + row // 25:02d}-{1 + row % 25:02d}" for row in range(ROWS))


def planned(days: tuple[str, ...]) -> TablePlan:
    """The plan of a table whose rows happened then."""
    size = tuple(str(row * 7 % 97) for row in range(ROWS))
    target = tuple("yes" if row % 3 else "no" for row in range(ROWS))
    lines = tuple(range(2, ROWS + 2))
    cells = Cells("t.csv", ("size", "day", "y"), lines, (size, days, target), (), "")
    return plan_table(cells, PlanRequest(model="timed", target="y", time="day"))


@pytest.mark.parametrize(
    "slip", ["0001-01-01", "9999-12-31", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"]
)
@pytest.mark.parametrize("zone", ["", "T00:00:00+02:00"])
def test_a_day_of_another_time_is_none_of_the_tables_days(slip: str, zone: str) -> None:
    """A generator would draw days of all the centuries between."""
    days = tuple(f"{day}{zone}" for day in DAYS)
    assert planned((*days[:-1], slip)).days == planned(days[:-1] + days[:1]).days
