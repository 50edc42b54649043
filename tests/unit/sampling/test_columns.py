"""What the generators share."""

from typing import Any, Literal

import numpy as np
import pytest

from modelfleet.sampling.columns import (
    bernoulli,
    chance,
    curve,
    draw,
    effect,
    rows_of,
    shifted,
    with_gaps,
)
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import Features, category, number


class Sample(Features):
    """An integer, a number and a category."""

    age: int = number("Age", minimum=18, maximum=100, example=40)
    income: float = number("Income", minimum=0, maximum=1e6, example=10.5)
    town: str = category("Town", example="Pisa")


COLUMNS = {
    "age": np.array([20, 99]),
    "income": np.array([1.5, 2.5]),
    "town": np.array(["Pisa", "Rome"], dtype=object),
}


def test_categories_are_drawn_by_their_shares() -> None:
    """Shares are relative, so they need not add up to one."""
    drawn = draw(np.random.default_rng(1), {"a": 3.0, "b": 1.0}, 10_000)
    assert (drawn == "a").mean() == pytest.approx(0.75, abs=0.02)


def test_effects_are_added_to_named_values() -> None:
    """Values without an effect add nothing."""
    assert effect(COLUMNS["town"], {"Rome": 2.0}).tolist() == [0.0, 2.0]


def test_a_curve_is_level_beyond_its_ends() -> None:
    """Between its points the effect is linear."""
    values = np.array([0, 10, 15, 20, 99])
    assert curve(values, ((10, 1.0), (20, 2.0))).tolist() == [1.0, 1.0, 1.5, 2.0, 2.0]


def test_log_odds_of_zero_are_even() -> None:
    """Draws follow the logistic function."""
    rng = np.random.default_rng(1)
    assert bernoulli(rng, np.zeros(10_000)).mean() == pytest.approx(0.5, abs=0.02)
    assert bernoulli(rng, np.full(10_000, np.log(3))).mean() == pytest.approx(0.75, abs=0.02)


def test_a_shift_is_added() -> None:
    """Other columns stay as they are, and so does the original."""
    moved = shifted(COLUMNS, Sample, {"income": 4.25})
    assert moved["income"].tolist() == [5.75, 6.75]
    assert moved["age"] is COLUMNS["age"]
    assert COLUMNS["income"].tolist() == [1.5, 2.5]


def test_a_shift_stays_within_the_schema() -> None:
    """Shifted requests are still requests that the model accepts, integers included."""
    moved = shifted(COLUMNS, Sample, {"age": 7.6})["age"]
    assert moved.tolist() == [28, 100]
    assert moved.dtype == np.int64


TOWNS = {"town": np.array(["Pisa"] * 50 + ["Rome"] * 30 + ["Bari"] * 20, dtype=object)}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.8, 1.0])
def test_a_category_gets_its_share(share: float) -> None:
    """The others keep their proportions, and no row changes that need not."""
    moved = shifted(TOWNS, Sample, {"town": {"Pisa": share}})["town"]
    assert (moved == "Pisa").mean() == share
    assert (moved != TOWNS["town"]).sum() == round(abs(share - 0.5) * 100)
    if share < 1:
        rome, bari = (moved == "Rome").sum(), (moved == "Bari").sum()
        assert rome / (rome + bari) == pytest.approx(0.6, abs=0.15)


def test_categories_share_out_what_there_is() -> None:
    """Two named categories each get theirs, and one that nobody had is one too."""
    moved = shifted(TOWNS, Sample, {"town": {"Rome": 0.6, "Como": 0.3}})["town"]
    assert [(moved == name).mean() for name in ("Rome", "Como", "Pisa")] == [
        0.6,
        0.3,
        pytest.approx(0.07, abs=0.05),
    ]


class Closed(Features):
    """A category that is one of three."""

    town: Literal["Pisa", "Rome", "Bari"] = category("Town", example="Pisa")


@pytest.mark.parametrize(
    ("features", "shift", "said"),
    [
        (Sample, {"nosuch": 1.0}, "nosuch is not a feature; features are: age, income, town"),
        (Sample, {"town": 1.0}, "town is categorical and cannot be shifted.* town=Pisa:0.8"),
        (Sample, {"age": {"old": 0.5}}, r"age is numeric; shift it by a number: age=\+1"),
        (Sample, {"town": {"Pisa": 0.7, "Rome": 0.5}}, "sum to at most 1"),
        (Sample, {"town": {"Pisa": -0.1}}, "shares must be between 0 and 1"),
        (Closed, {"town": {"Como": 0.5}}, "town has no category Como; its categories are: Pisa"),
    ],
)
def test_what_cannot_move_is_told(
    features: type[Features], shift: dict[str, Any], said: str
) -> None:
    """The error says what could be asked instead."""
    with pytest.raises(DatasetError, match=said):
        shifted(COLUMNS, features, shift)


def test_gaps_are_none() -> None:
    """A missing value is None, and the others keep their type."""
    assert with_gaps(np.array([1, 2]), np.array([False, True])).tolist() == [1, None]
    assert chance(np.random.default_rng(1), 0.0, 5).tolist() == [False] * 5


def test_rows_hold_plain_values() -> None:
    """No numpy type reaches JSON or CSV."""
    first = rows_of(COLUMNS)[0]
    assert first == {"age": 20, "income": 1.5, "town": "Pisa"}
    assert [type(value) for value in first.values()] == [int, float, str]
