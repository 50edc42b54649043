"""A small model, its files, and buckets in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.spec.features import Features, category, number, open_category
from modelfleet.spec.model import Gate, Metric, ModelSpec, Target, Task
from modelfleet.storage.object_store import ObjectStore
from tests.gating import World

WriteTable = Callable[..., Path]


class ToyFeatures(Features):
    """One column of each kind."""

    age: int = number("Age", minimum=18, maximum=100, example=40, unit="years")
    income: float | None = number("Income", minimum=0, maximum=1e6, example=10.5, nullable=True)
    colour: Literal["red", "blue"] = category("Colour", example="red")
    town: str | None = open_category("Town", example="Pisa", nullable=True)


@pytest.fixture(scope="session")
def binary() -> ModelSpec:
    """A binary model over one column of each kind."""
    return ModelSpec(
        name="toy",
        title="Toy",
        description="A model of the tests.",
        task=Task.BINARY,
        target=Target(column="bought", description="1 if bought"),
        features=ToyFeatures,
        identifiers=("customer",),
        known_afterwards=("seconds",),
        metrics=(Metric.ROC_AUC,),
        gate=Gate(primary=Metric.ROC_AUC, margin=0.01),
    )


@pytest.fixture(scope="session")
def regression() -> ModelSpec:
    """A regression model over the same columns, whose prices below 1,000 are junk."""
    return ModelSpec(
        name="toy",
        title="Toy",
        description="A model of the tests.",
        task=Task.REGRESSION,
        target=Target(
            column="price", description="Price", unit="USD", minimum=1_000, maximum=50_000
        ),
        features=ToyFeatures,
        metrics=(Metric.R2,),
        gate=Gate(primary=Metric.R2, margin=0.01),
    )


@pytest.fixture
def write_table(tmp_path: Path) -> WriteTable:
    """Write lines, or bytes, as the file toy.csv."""

    def write(*lines: str, content: bytes | None = None) -> Path:
        path = tmp_path / "toy.csv"
        path.write_bytes("\n".join(lines).encode() if content is None else content)
        return path

    return write


@pytest.fixture
def lake() -> ObjectStore:
    """An empty lake bucket."""
    return memory_store()


@pytest.fixture
def artifacts() -> ObjectStore:
    """An empty artifacts bucket."""
    return memory_store()


@pytest.fixture(scope="session")
def world() -> World:
    """Train each kind of candidate once; nothing serves."""
    return World()
