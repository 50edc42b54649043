"""The gate by each kind of metric, between a model that learned much and one that learned less."""

import random

import pytest

from modelfleet.catalogue import find
from modelfleet.evaluation.gate import Decision
from modelfleet.pages.numbers import metric_name
from modelfleet.spec.metric import Metric
from modelfleet.spec.model import ModelSpec
from tests.gating import Rows, World, clean

CARS = find("carvision")
CASES = [
    ("carvision", Metric.MAE),
    ("carvision", Metric.RMSE),
    ("bankchurn", Metric.PR_AUC),
    ("bankchurn", Metric.PRECISION_AT_100),
]


def mostly_spoiled(rows: Rows) -> Rows:
    """Four of five cars have the price of any other."""
    rng = random.Random(3)  # noqa: S311 -- a test's noise
    price = CARS.target.column
    prices = [row[price] for row in rows]
    return [{**row, price: rng.choice(prices)} if rng.random() < 0.8 else row for row in rows]


@pytest.fixture(scope="module")
def worlds(world: World) -> dict[str, World]:
    """Each model's candidates, one of which learned from labels most of which are random."""
    kinds = {"clean": clean, "mostly_spoiled": mostly_spoiled}
    return {"bankchurn": world, "carvision": World(CARS, kinds, rows=1_000)}


def judged_by(model: str, metric: Metric) -> ModelSpec:
    """A shipped model without limits of its own, judged by this metric."""
    spec = find(model)
    limits = {"minimum": {}, "maximum": {}, "calibration_error_maximum": 1.0}
    gate = spec.gate.model_copy(update={"primary": metric, **limits})
    return spec.model_copy(update={"gate": gate, "slices": None})


@pytest.mark.parametrize(("model", "metric"), CASES)
def test_better_model_is_promoted(worlds: dict[str, World], model: str, metric: Metric) -> None:
    """Whether more or less of it is better, the bootstrap tells the better model."""
    world = worlds[model]
    result = world.judged("clean", world.serving("mostly_spoiled"), judged_by(model, metric))
    assert result.verdict.decision is Decision.PROMOTE
    (told,) = result.verdict.reasons
    assert told.startswith(f"significantly better: {metric_name(metric)}")
    assert "paired bootstrap, p" in told


@pytest.mark.parametrize(("model", "metric"), CASES)
def test_worse_model_is_blocked(worlds: dict[str, World], model: str, metric: Metric) -> None:
    """The other way round the margin is overstepped."""
    world = worlds[model]
    result = world.judged("mostly_spoiled", world.serving("clean"), judged_by(model, metric))
    assert result.verdict.decision is Decision.BLOCK
    assert result.verdict.reasons[0].startswith("may be worse by")


@pytest.mark.parametrize(("model", "metric"), CASES)
def test_equal_model_is_kept(worlds: dict[str, World], model: str, metric: Metric) -> None:
    """The same model again differs by nothing."""
    world = worlds[model]
    result = world.judged("clean", world.serving("clean"), judged_by(model, metric))
    assert result.verdict.decision is Decision.KEEP
    assert result.comparison is not None
    assert result.comparison.primary.difference == 0.0


def test_relative_margin_is_of_the_champions_value(worlds: dict[str, World]) -> None:
    """A margin of car prices is a share of the champion's error, told in the metric's unit."""
    world, spec = worlds["carvision"], judged_by("carvision", Metric.MAE)
    result = world.judged("mostly_spoiled", world.serving("clean"), spec)
    assert result.comparison is not None
    allowed = spec.gate.margin * result.comparison.primary.champion
    assert f"({allowed:,.0f} allowed)" in result.verdict.reasons[0]
