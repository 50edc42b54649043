"""Dividing rows between training, validation and test."""

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.datasets.manifest import Side
from modelfleet.datasets.split import (
    MINIMUM_CLASS_ROWS,
    require_enough,
    side_of,
    split,
    split_salt,
    time_boundaries,
)
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import ORIGIN, PREDICTION_ID
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.time_column import TimeColumn

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "age": st.integers(18, 100),
            "income": st.none() | st.floats(0, 1e6),
            "colour": st.sampled_from(["red", "blue"]),
            "bought": st.sampled_from([0.0, 1.0]),
        }
    ),
    max_size=40,
)
PINNED = ["validation", "train", "validation", "train", "validation", "train"]


def rows_of(count: int, positive_every: int = 2) -> list[dict[str, Any]]:
    """Distinct rows, some of which are positive."""
    return [
        {"age": 18 + n % 80, "income": float(n), "bought": float(n % positive_every == 0)}
        for n in range(count)
    ]


@given(rows=ROWS)
def test_every_row_is_on_one_side(binary: ModelSpec, rows: list[dict[str, Any]]) -> None:
    """No row is lost and none is used twice."""
    sides = split(binary, rows)
    found = [row for part in sides.values() for row in part]
    assert sorted(map(str, found)) == sorted(map(str, rows))


@given(rows=ROWS, added=ROWS)
def test_added_rows_move_nothing(
    binary: ModelSpec, rows: list[dict[str, Any]], added: list[dict[str, Any]]
) -> None:
    """A row keeps its side whatever else is loaded, so no test row is ever trained on."""
    alone, together = split(binary, rows), split(binary, added + rows)
    for side, part in alone.items():
        assert list(together[side])[len(together[side]) - len(part) :] == list(part)


@given(rows=ROWS)
def test_equal_rows_share_a_side(binary: ModelSpec, rows: list[dict[str, Any]]) -> None:
    """The order of a row's columns has no say in its side."""
    for row in rows:
        assert side_of(binary, dict(reversed(row.items()))) is side_of(binary, row)


def test_shares_are_60_20_20(binary: ModelSpec) -> None:
    """On many rows each side gets its share, within chance."""
    sides = split(binary, rows_of(20_000))
    shares = [len(sides[side]) / 20_000 for side in Side]
    assert shares == pytest.approx([0.6, 0.2, 0.2], abs=0.012)


def test_sides_do_not_depend_on_the_process(binary: ModelSpec) -> None:
    """The hash is the same on every machine, on every day."""
    assert [side_of(binary, row).value for row in rows_of(6)] == PINNED


def test_enough_rows_are_let_through(binary: ModelSpec) -> None:
    """Sides with rows of both classes can be worked with."""
    require_enough(binary, split(binary, rows_of(400)))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "the train side has 0 rows, 8 are needed"),
        (rows_of(20), "the (validation|test) side has .* rows, 8 are needed"),
        (rows_of(400, positive_every=1), "the train side has 0 rows with bought = 0"),
        (rows_of(400, positive_every=1_000), "has .* rows with bought = 1"),
        (rows_of(400, positive_every=100), f"bought = 1, {MINIMUM_CLASS_ROWS} are needed"),
    ],
)
def test_too_little_is_refused(binary: ModelSpec, rows: list[dict[str, Any]], message: str) -> None:
    """The error names the model, the side and what is wanting."""
    with pytest.raises(DatasetError, match=f"^toy: .*{message}"):
        require_enough(binary, split(binary, rows))


@pytest.mark.parametrize(("count", "every"), [(50, 2), (50, 3), (80, 4), (2_000, 100)])
def test_a_small_table_is_divided_well(binary: ModelSpec, count: int, every: int) -> None:
    """Each side gets rows of each class, of 50 rows and of a class of 17 to 20."""
    rows = rows_of(count, every)
    salt = split_salt(binary, rows)
    sides = split(binary, rows, salt=salt)
    require_enough(binary, sides)
    assert all(side_of(binary, row, salt) is side for side, part in sides.items() for row in part)


def test_enough_rows_need_no_salt(binary: ModelSpec) -> None:
    """So that versions of older releases keep their sides."""
    assert split_salt(binary, rows_of(400)) == 0


def test_a_salt_is_inherited(binary: ModelSpec) -> None:
    """Rows keep their sides when others are added, unless a side has too few rows of a class."""
    small = rows_of(50, 3)
    salt = split_salt(binary, small)
    assert split_salt(binary, small + rows_of(400)[50:], salt) == salt
    assert split_salt(binary, rows_of(400), 7) == 7
    poor = next(
        n for n in range(99) if any(len(p) < 8 for p in split(binary, small, salt=n).values())
    )
    assert split_salt(binary, small, poor) == salt


def test_a_target_that_never_varies_is_refused(regression: ModelSpec) -> None:
    """A regression needs something to explain."""
    rows = [{"age": n % 80, "income": float(n), "price": 5_000.0} for n in range(400)]
    with pytest.raises(DatasetError, match="price never varies on the train side"):
        require_enough(regression, split(regression, rows))


def dated(days: list[int]) -> list[dict[str, Any]]:
    """Rows of these days of a year."""
    first = date(2026, 1, 1)
    return [
        {"age": 30.0 + n, "bought": n % 2, "day": (first + timedelta(days=day)).isoformat()}
        for n, day in enumerate(days)
    ]


@pytest.fixture
def timed(binary: ModelSpec) -> ModelSpec:
    """The model with a day for each row."""
    return binary.model_copy(update={"time": TimeColumn(column="day")})


DAYS = st.lists(st.integers(0, 300), min_size=5, max_size=60)


@given(days=DAYS)
def test_older_rows_are_trained_on_and_newer_ones_tested_on(
    binary: ModelSpec, days: list[int]
) -> None:
    """No row of a side is newer than one of the next side, and rows of a day stay together."""
    spec = binary.model_copy(update={"time": TimeColumn(column="day")})
    sides = split(spec, dated(days))
    assert sum(len(part) for part in sides.values()) == len(days)
    times = [{row["day"] for row in sides[side]} for side in Side]
    for earlier, later in itertools.pairwise(part for part in times if part):
        assert max(earlier) < min(later)


def test_days_are_shared_60_20_20(timed: ModelSpec) -> None:
    """On many days each side gets its share."""
    sides = split(timed, dated(list(range(300))))
    assert [len(sides[side]) for side in Side] == [180, 60, 60]


@given(days=DAYS, added=DAYS)
def test_nothing_that_was_trained_on_is_tested_on_later(
    binary: ModelSpec, days: list[int], added: list[int]
) -> None:
    """Boundaries never move back, unless hardly a row would be left to test on."""
    spec = binary.model_copy(update={"time": TimeColumn(column="day")})
    before = time_boundaries(spec, dated(days))
    after = time_boundaries(spec, dated(days + added), before)
    assert before is not None
    assert after is not None
    left = sum(row["day"] >= before.test_from for row in dated(days + added))
    if left >= 0.1 * len(days + added):
        assert after.test_from >= before.test_from
        assert after.validation_from >= before.validation_from


def test_older_rows_that_come_later_are_trained_on(timed: ModelSpec) -> None:
    """A backfill moves no test row of the champion's among the training rows, nor the reverse."""
    recent = list(range(200, 300))
    before = time_boundaries(timed, dated(recent))
    after = time_boundaries(timed, dated(recent + list(range(100))), before)
    assert after == before


def test_other_data_get_other_boundaries(timed: ModelSpec) -> None:
    """Where nothing is left to test on, the boundaries are found afresh."""
    before = time_boundaries(timed, dated(list(range(200, 300))))
    other = dated(list(range(100)))
    assert time_boundaries(timed, other, before) == time_boundaries(timed, other)


def test_without_a_time_there_are_no_boundaries(binary: ModelSpec) -> None:
    """Rows of such a model are divided by their hash."""
    assert time_boundaries(binary, rows_of(100)) is None


def test_another_label_is_on_the_same_side(binary: ModelSpec) -> None:
    """Rows with equal features share a side whatever their label, and wherever they come from."""
    for row in rows_of(50):
        other = row | {"bought": 1 - row["bought"], ORIGIN: "feedback", PREDICTION_ID: "a"}
        assert side_of(binary, other) is side_of(binary, row)


def test_classes_keep_their_shares(binary: ModelSpec) -> None:
    """On many rows the rarer class is as frequent on each side as in all, within chance."""
    sides = split(binary, rows_of(20_000, positive_every=10))
    for part in sides.values():
        share = sum(row["bought"] for row in part) / len(part)
        assert share == pytest.approx(0.1, abs=0.02)
