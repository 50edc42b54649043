"""Rows that are drawn from a few numbers per column."""

from typing import Literal

import numpy as np
import pytest

from modelfleet.sampling.generator import LEVELS, RowGenerator
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import Features, category, number
from modelfleet.spec.metric import Metric
from modelfleet.spec.model import Gate, ModelSpec, Target
from modelfleet.spec.task import Task
from modelfleet.spec.time_column import TimeColumn


class ToyFeatures(Features):
    """A whole number, a fraction and a category."""

    age: int | None = number("Age", minimum=18, maximum=100, example=40, nullable=True)
    income: float = number("Income", minimum=0, maximum=1e6, example=10.5)
    town: Literal["Pisa", "Rome"] = category("Town", example="Pisa")


SPEC = ModelSpec(
    name="toy",
    title="Toy",
    description="A toy.",
    task=Task.BINARY,
    target=Target(column="bought", description="1 if bought"),
    features=ToyFeatures,
    identifiers=("name",),
    time=TimeColumn(column="seen", format="%d.%m.%Y"),
    metrics=(Metric.ROC_AUC,),
    gate=Gate(primary=Metric.ROC_AUC, margin=0.01),
)
RISING = tuple(20 + 60 * level for level in LEVELS)
GENERATOR = RowGenerator(
    target={"no": 0.75, "yes": 0.25},
    quantiles={"age": (RISING, RISING), "income": (LEVELS, tuple(9 + each for each in LEVELS))},
    decimals={"age": 0, "income": 2},
    shares={"town": ({"Pisa": 1.0}, {"Pisa": 0.5, "Rome": 0.5})},
    missing={"age": (0.0, 0.5)},
    days=("2024-02-27", "2024-03-02"),
)
ROWS = GENERATOR.sample(SPEC, 4_000, seed=1)


def test_every_column_is_there() -> None:
    """Also those that no model sees, with placeholders for what they hold."""
    assert set(ROWS[0]) == {"age", "income", "town", "name", "seen", "bought"}
    assert ROWS[1]["name"] == "generated 2"


def test_the_same_seed_gives_the_same_rows() -> None:
    """Another seed gives other rows."""
    assert GENERATOR.sample(SPEC, 4_000, seed=1) == ROWS
    assert GENERATOR.sample(SPEC, 4_000, seed=2) != ROWS


def test_columns_depend_on_the_class() -> None:
    """Shares of values and of gaps, and quantiles, are those of the row's class."""
    bought = [row for row in ROWS if row["bought"] == "yes"]
    rest = [row for row in ROWS if row["bought"] == "no"]
    assert len(bought) / len(ROWS) == pytest.approx(0.25, abs=0.03)
    assert {row["town"] for row in rest} == {"Pisa"}
    assert np.mean([row["town"] == "Rome" for row in bought]) == pytest.approx(0.5, abs=0.05)
    assert not any(row["age"] is None for row in rest)
    assert np.mean([row["age"] is None for row in bought]) == pytest.approx(0.5, abs=0.05)
    assert max(row["income"] for row in rest) < 1
    assert min(row["income"] for row in bought) > 9


def test_values_are_plain() -> None:
    """Whole numbers are integers, and fractions have one decimal more than the table's."""
    assert {type(row["age"]) for row in ROWS} == {int, type(None)}
    assert all(round(row["income"], 3) == row["income"] for row in ROWS)
    assert not any(round(row["income"], 2) == row["income"] for row in ROWS)


def test_days_lie_between_the_first_and_the_last() -> None:
    """Both included, and spelled as the table spells them."""
    assert {row["seen"] for row in ROWS} == {
        "27.02.2024", "28.02.2024", "29.02.2024", "01.03.2024", "02.03.2024"
    }  # fmt: skip


def test_a_shift_moves_features_alone() -> None:
    """Within their declared range; gaps, other columns and the target stay."""
    moved = GENERATOR.sample(SPEC, 4_000, seed=1, shift={"age": 5, "town": {"Rome": 1.0}})
    for before, after in zip(ROWS, moved, strict=True):
        assert after["town"] == "Rome"
        assert after["age"] == (None if before["age"] is None else before["age"] + 5)
        assert {**after, "age": 0, "town": ""} == {**before, "age": 0, "town": ""}
    with pytest.raises(DatasetError, match="is not a feature"):
        GENERATOR.sample(SPEC, 1, seed=1, shift={"nosuch": 1})


def test_a_numeric_target_sets_the_fifth() -> None:
    """The higher the target, the later the group that a column is drawn from."""
    generator = RowGenerator(
        target=RISING,
        target_decimals=1,
        quantiles={"income": [[float(group)] * len(LEVELS) for group in range(5)]},
        decimals={"income": 0},
        shares={},
        missing={},
    )
    target, groups = generator.targets(np.random.default_rng(1), 2_000)
    income = generator.columns(np.random.default_rng(1), groups)["income"]
    assert income.tolist() == groups.tolist()
    assert set(groups) == {0, 1, 2, 3, 4}
    assert np.all(np.diff(target[np.argsort(groups, kind="stable")].reshape(-1)[[0, -1]]) > 0)
    for group in range(4):
        assert target[groups == group].max() <= target[groups == group + 1].min()


@pytest.mark.parametrize("great", [2 * 10**19, 2**63, -(2**64), 10**38])
@pytest.mark.parametrize("decimals", [0, 1])
def test_numbers_may_exceed_integers_of_64_bits(great: int, decimals: int) -> None:
    """A generator that is written as source has whole numbers without a point, however large."""
    generator = RowGenerator(
        target=[great * level for level in range(1, len(LEVELS) + 1)],
        target_decimals=decimals,
        quantiles={"income": [[great] * len(LEVELS)] * 5},
        decimals={"income": decimals},
        shares={"age": [{great: 0.5, 1: 0.5}] * 5},
        missing={},
    )
    rng = np.random.default_rng(1)
    target, groups = generator.targets(rng, 50)
    columns = generator.columns(rng, groups)
    assert set(columns["income"].astype(float)) == {float(great)}
    assert set(columns["age"].astype(float)) <= {float(great), 1.0}
    ends = sorted((float(great), 9.0 * great))
    assert np.all((target.astype(float) >= ends[0]) & (target.astype(float) <= ends[1]))
