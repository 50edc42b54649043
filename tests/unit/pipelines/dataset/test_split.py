"""Dividing rows between training, validation and test."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.dataset import Side
from modelfleet.domain.errors import DatasetError
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.split import MINIMUM_CLASS_ROWS, require_enough, side_of, split

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
        ([], "the train side has 0 rows, 30 are needed"),
        (rows_of(100), "the validation side has .* rows, 30 are needed"),
        (rows_of(400, positive_every=1), "the train side has 0 rows with bought = 0"),
        (rows_of(400, positive_every=1_000), "has .* rows with bought = 1"),
        (rows_of(400, positive_every=30), f"bought = 1, {MINIMUM_CLASS_ROWS} are needed"),
    ],
)
def test_too_little_is_refused(binary: ModelSpec, rows: list[dict[str, Any]], message: str) -> None:
    """The error names the model, the side and what is wanting."""
    with pytest.raises(DatasetError, match=f"^toy: .*{message}"):
        require_enough(binary, split(binary, rows))


def test_a_target_that_never_varies_is_refused(regression: ModelSpec) -> None:
    """A regression needs something to explain."""
    rows = [{"age": n % 80, "income": float(n), "price": 5_000.0} for n in range(400)]
    with pytest.raises(DatasetError, match="price never varies on the train side"):
        require_enough(regression, split(regression, rows))
