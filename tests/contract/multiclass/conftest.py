"""A folder with more than two classes beside those of the fleet, and one training of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from modelfleet import catalogue
from modelfleet.adapters.object_store import BucketObjectStore, memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.registry.bundle_store import Bundle, read_bundle
from modelfleet.retraining.state import RetrainingState
from modelfleet.spec.model import ModelSpec
from modelfleet.training.staging import candidate_folder
from tests.fleet.beside import GRADED, beside_the_fleet
from tests.training import MemoryRegistry, evaluated, released, stage_splits, trained


@pytest.fixture(scope="module")
def graded() -> Iterator[ModelSpec]:
    """The model, which is one of the fleet as long as it is needed."""
    with beside_the_fleet():
        yield catalogue.find(GRADED)


@dataclass(frozen=True)
class Made:
    """A trained and released version, and where everything of it lies."""

    spec: ModelSpec
    store: BucketObjectStore
    registry: MemoryRegistry
    state: RetrainingState
    bundle: Bundle
    version: str

    @property
    def scorer(self) -> OnnxScorer:
        """The exported model."""
        return OnnxScorer(self.bundle.model)


@pytest.fixture(scope="module")
def made(graded: ModelSpec) -> Made:
    """One training, for all tests of a module."""
    store, registry = memory_store(), MemoryRegistry()
    stage_splits(store, graded, "first")
    state = trained(store, registry, GRADED)
    bundle = read_bundle(store, candidate_folder(state))
    state = evaluated(store, registry, state)
    return Made(graded, store, registry, state, bundle, released(store, registry, state))
