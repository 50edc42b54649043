"""Which dates of a table become features, and which of their parts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from modelfleet.drafting.generator import fit_generator, generated_rows
from modelfleet.drafting.plan import ColumnPlan, Role, TablePlan
from modelfleet.drafting.rows import typed_rows
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.spec.dates import DatePart, part_of
from modelfleet.spec.features import ColumnKind
from modelfleet.tables.reader import read_cells

ROWS = 600
RNG = np.random.default_rng(1)
MINUTES = np.datetime64("2024-01-01T00:00") + RNG.integers(0, 366 * 1_440, ROWS).astype("m8[m]")
NOISE = RNG.normal(0, 10, ROWS)
HOURS = MINUTES.astype("M8[h]").astype(int) % 24


def planned(
    folder: Path, dates: Sequence[str], target: NDArray[np.float64], **asked: str | tuple[str, ...]
) -> tuple[TablePlan, ColumnPlan, Path]:
    """The plan of a table with a date and a column that says nothing."""
    path = folder / "table.csv"
    fees = RNG.uniform(1, 99, len(dates)).round(2)
    lines = [f"{a},{b},{c:.2f}" for a, b, c in zip(dates, fees, target, strict=True)]
    path.write_text("\n".join(["when,Fee,count", *lines]))
    plan = plan_table(
        read_cells(path), PlanRequest.model_validate({"model": "made", "target": "count", **asked})
    )
    return plan, next(column for column in plan.columns if column.name == "when"), path


def spelled(pattern: str, suffix: str = "") -> list[str]:
    """The dates as a program writes them."""
    return [f"{moment.item():{pattern}}{suffix}" for moment in MINUTES]


@pytest.mark.parametrize(
    ("dates", "aware", "written"),
    [
        (spelled("%Y-%m-%d %H:%M"), False, None),
        (spelled("%Y-%m-%dT%H:%M:00", "Z"), True, None),
        (spelled("%m/%d/%Y %I:%M %p"), False, "%m/%d/%Y %I:%M %p"),
        (spelled("%d.%m.%y %H:%M"), False, "%d.%m.%y %H:%M"),
        (spelled("%d %b %Y %H:%M"), False, "%d %b %Y %H:%M"),
    ],
    ids=["ISO", "UTC", "US", "German", "words"],
)
def test_a_date_that_decides_is_a_feature(
    tmp_path: Path, dates: list[str], aware: bool, written: str | None
) -> None:
    """By the parts that help alone, whatever program wrote it, and the reason has both scores."""
    busy = 200 + 150 * ((HOURS > 8) & (HOURS < 20)) + NOISE
    plan, when, path = planned(tmp_path, dates, busy)
    assert (when.role, when.kind) == (Role.FEATURE, ColumnKind.DATE)
    assert when.date is not None
    assert when.date.parts == (DatePart.HOUR,)
    assert (when.date.timed, when.date.aware, when.date.format) == (True, aware, written)
    assert when.reason.startswith("hour helps: R² 0.9")
    rows = typed_rows(read_cells(path), plan)
    assert rows["when"][0].startswith(str(MINUTES[0].item().date()))
    drawn = generated_rows(fit_generator(plan, rows), plan, 300)
    hours = np.array([part_of(text, DatePart.HOUR) for text in drawn["when"]])
    day = (hours > 8) & (hours < 20)
    assert drawn["count"][day].mean() > drawn["count"][~day].mean() + 100


def test_a_date_that_says_nothing_is_left_out(tmp_path: Path) -> None:
    """The reason has what was measured; on request, it is kept."""
    dates = spelled("%Y-%m-%d")
    _, when, _ = planned(tmp_path, dates, NOISE)
    assert when.role is Role.DATE
    assert when.reason.startswith("a date, of which no part helps a model: R² 0.0")
    _, when, _ = planned(tmp_path, dates, NOISE, keep=("when",))
    assert when.date is not None
    assert (when.role, when.date.timed) == (Role.FEATURE, False)


def test_the_time_of_rows_has_only_parts_that_recur(tmp_path: Path) -> None:
    """Test rows have later days and months than any training row."""
    busy = MINUTES.astype("M8[D]").astype(int) + 300 * (HOURS < 6) + NOISE
    plan, when, _ = planned(tmp_path, spelled("%Y-%m-%d %H:%M"), busy, time="when")
    assert plan.time is not None
    assert (plan.time.column, when.role) == ("when", Role.FEATURE)
    assert when.date is not None
    assert when.date.parts == (DatePart.HOUR,)
    plan, when, _ = planned(tmp_path, spelled("%Y-%m-%d"), NOISE, time="when")
    assert (plan.time is not None, when.role) == (True, Role.TIME)


def test_days_are_no_feature_of_a_table_in_their_order(tmp_path: Path) -> None:
    """The rows to come have days that no training row has; a birthday is another matter."""
    days = RNG.integers(0, 9_000, ROWS)
    for ordered, expected in ((days, True), (np.sort(days), False)):
        dates = [str(np.datetime64("1999-12-31") + int(day)) for day in ordered]
        seasons = 3_000 * np.sin(ordered / 58.1)
        _, when, _ = planned(tmp_path, dates, ordered + seasons + 100 * NOISE)
        assert when.date is not None
        assert (DatePart.DAYS in when.date.parts) is expected


def test_a_mix_of_times_with_and_without_a_zone_is_left_out(tmp_path: Path) -> None:
    """Nobody knows which instant half of them are."""
    dates = [f"{text}{'Z' * (n % 2)}" for n, text in enumerate(spelled("%Y-%m-%dT%H:%M:00"))]
    _, when, _ = planned(tmp_path, dates, HOURS + NOISE / 10)
    assert (when.role, when.reason) == (
        *(Role.DATE, "some of its times have a time zone and others do not"),
    )


def test_a_date_after_the_outcome_is_none(tmp_path: Path) -> None:
    """Its name says so, or it is only known of one class."""
    path = tmp_path / "table.csv"
    lines = [
        f"{day},{day if n % 3 else ''},{n % 7},{'yes' if n % 3 else 'no'}"
        for n, day in enumerate(spelled("%Y-%m-%d"))
    ]
    path.write_text("\n".join(["Cancelled date,paid,Plan,left", *lines]))
    plan = plan_table(read_cells(path), PlanRequest(model="made", target="left"))
    roles = {column.name: column.role for column in plan.columns}
    assert (roles["Cancelled date"], roles["paid"]) == (Role.AFTERWARDS, Role.LEAK)
