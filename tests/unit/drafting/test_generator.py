"""What a generator takes from a table."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelfleet.drafting.generator import fit_generator, generated_rows
from modelfleet.drafting.plan import TablePlan
from modelfleet.drafting.rows import typed_rows
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.sampling.generator import LEVELS, RowGenerator
from modelfleet.tables.reader import Cells
from tests.attacks import many

ROWS = 900
RNG = np.random.default_rng
Frame = pd.DataFrame


def planned(frame: Frame, **options: Any) -> tuple[TablePlan, Frame]:
    """A table with the target `y` as `fleet new` reads it."""
    columns = [["" if pd.isna(cell) else str(cell) for cell in frame[name]] for name in frame]
    cells = Cells(
        source="table.csv",
        header=tuple(frame.columns),
        lines=tuple(range(2, len(frame) + 2)),
        columns=tuple(map(tuple, columns)),
        malformed=(),
        sha256="",
    )
    plan = plan_table(cells, PlanRequest(model="made", target="y", **options))
    return plan, typed_rows(cells, plan)


def fitted(frame: Frame, **options: Any) -> RowGenerator:
    """The generator of a table."""
    return fit_generator(*planned(frame, **options))


def generated(frame: Frame, rows: int = 3_000) -> Frame:
    """Generated rows, as a data set would hold them."""
    plan, real = planned(frame)
    return generated_rows(fit_generator(plan, real), plan, rows)


def flags(rows: int = ROWS) -> Any:
    """A target that is 0 or 1 by chance."""
    return RNG(1).integers(0, 2, rows)


def test_numbers_are_distributed_as_in_each_class() -> None:
    """Quantiles are those of the class, so a column tells as much of the target as it did."""
    y = flags()
    x = RNG(2).normal(size=ROWS) + 2 * y
    drawn = generated(Frame({"x": x.round(3), "y": y}))
    for label in (0, 1):
        real, new = x[y == label], drawn["x"][drawn["y"] == label]
        assert np.allclose(np.quantile(new, [0.1, 0.5, 0.9]), np.quantile(real, [0.1, 0.5, 0.9]),
                           atol=0.2)  # fmt: skip


def test_a_relation_need_not_be_monotone() -> None:
    """What the middle class has more of than both others, it goes on having more of."""
    y = RNG(1).integers(0, 3, ROWS)
    x = RNG(2).normal(size=ROWS) + 3 * (y == 1)
    drawn = generated(Frame({"x": x.round(3), "y": np.array(["low", "middle", "top"])[y]}))
    means = drawn.groupby("y")["x"].mean().tolist()
    assert means[1] > max(means[0], means[2]) + 2


def test_a_numeric_target_divides_rows_into_fifths() -> None:
    """Columns rise with the target, and the target is distributed as it was."""
    x = RNG(2).normal(size=ROWS)
    y = np.exp(x + RNG(3).normal(size=ROWS) / 3).round(2)
    generator = fitted(Frame({"x": x.round(3), "y": y}))
    assert len(generator.quantiles["x"]) == 5
    drawn = generated(Frame({"x": x.round(3), "y": y}))
    assert drawn["x"].corr(drawn["y"], method="spearman") > 0.8
    assert drawn["y"].median() == pytest.approx(np.median(y), rel=0.1)


def test_equal_targets_are_divided_at_random() -> None:
    """A table that is sorted by a column does not make it tell a target that is mostly zero."""
    y = np.where(RNG(1).random(ROWS) < 0.7, 0.0, RNG(2).gamma(2, 9, ROWS).round(2))
    generator = fitted(Frame({"x": np.linspace(0, 1, ROWS).round(4), "y": y}), task="regression")
    medians = [quantiles[LEVELS.index(0.5)] for quantiles in generator.quantiles["x"]]
    assert np.ptp(medians) < 0.2


def test_a_gap_that_tells_the_outcome_goes_on_telling_it() -> None:
    """Values are as often missing as in each class."""
    y = flags()
    x = np.where(RNG(3).random(ROWS) < 0.2 + 0.5 * y, np.nan, RNG(4).normal(size=ROWS).round(3))
    drawn = generated(Frame({"x": x, "y": y}))
    shares = drawn["x"].isna().groupby(drawn["y"]).mean().tolist()
    assert shares == pytest.approx([0.2, 0.7], abs=0.05)


def test_categories_are_as_frequent_as_in_each_class() -> None:
    """Also where a category never occurs with one of them."""
    y = flags()
    town = np.where(y == 1, "Rome", np.where(RNG(5).random(ROWS) < 0.25, "Pisa", "Rome"))
    drawn = generated(Frame({"town": town, "y": y}))
    shares = (drawn["town"] == "Pisa").groupby(drawn["y"]).mean().tolist()
    assert shares == pytest.approx([0.25, 0.0], abs=0.05)


def test_rare_values_of_an_open_category_are_left_out() -> None:
    """A value that four rows share could identify them."""
    names = np.array([f"often {n % 20}" for n in range(ROWS - 4)] + ["rare"] * 4, dtype=object)
    generator = fitted(Frame({"town": names, "x": RNG(2).normal(size=ROWS), "y": flags()}))
    assert all("rare" not in shares for shares in generator.shares["town"])


def test_a_value_that_many_rows_share_is_drawn_as_often() -> None:
    """An empty account stays empty, within a step between quantiles; no other number is real."""
    price = np.where(RNG(6).random(ROWS) < 0.5, 0.0, RNG(7).normal(50, 9, ROWS).round(2))
    drawn = generated(Frame({"price": price, "y": flags()}))["price"]
    assert (drawn == 0).mean() == pytest.approx(0.5, abs=0.15)
    assert not set(drawn[drawn != 0]) & set(price)


@settings(max_examples=many(30), deadline=None)
@given(
    decimals=st.integers(1, 6),
    scale=st.sampled_from([0.01, 1.0, 250.0, 1e6]),
    seed=st.integers(0, 1_000),
)
def test_no_fraction_of_a_real_row_is_drawn(decimals: int, scale: float, seed: int) -> None:
    """Whatever the number of decimals, drawn fractions have one more than the table."""
    x = RNG(seed).normal(scale=scale, size=300).round(decimals)
    plan, real = planned(Frame({"x": x, "y": flags(300)}), keep=("x",))
    drawn = generated_rows(fit_generator(plan, real), plan, 2_000)["x"]
    assert not {value for value in drawn if not value.is_integer()} & set(x)


@pytest.mark.parametrize(
    ("low", "high"), [(1e-9, 9e-9), (1_700_000_000, 1_700_009_999), (1e19, 9e19), (-0.5, -0.1)]
)
def test_numbers_of_any_size_stay_within_their_range(low: float, high: float) -> None:
    """Tiny, large and almost equal numbers keep their differences."""
    x = RNG(1).uniform(low, high, ROWS)
    drawn = generated(Frame({"x": x, "y": flags()}))["x"]
    assert low <= drawn.min() <= drawn.max() <= high
    assert drawn.nunique() > 500
    assert drawn.median() == pytest.approx(np.median(x), abs=(high - low) / 10)


def test_a_description_is_short() -> None:
    """Whole numbers stay whole, and no quantile has more than seven digits of its range."""
    x = RNG(1).uniform(0, 1, ROWS)
    generator = fitted(Frame({"x": x, "n": (x * 100).astype(int), "y": flags()}))
    assert all(value.is_integer() for found in generator.quantiles["n"] for value in found)
    assert all(len(f"{value:g}") <= 9 for found in generator.quantiles["x"] for value in found)
    assert generator.decimals["n"] == 0
