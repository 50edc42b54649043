"""A folder with more than two classes beside those of the fleet, and one training of it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import models
from modelfleet.adapters.object_store import BucketObjectStore, memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.domain.messages import RetrainingState
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.bundle import Bundle, candidate_folder, read_bundle
from models import catalogue
from tests.training import MemoryRegistry, evaluated, released, splits, stage_splits, trained

FOLDER = Path(__file__).parents[3] / "fleet"


@pytest.fixture(scope="module")
def graded() -> Iterator[ModelSpec]:
    """The model, which is one of the fleet as long as it is needed."""
    models.__path__.append(str(FOLDER))
    yield catalogue.find("graded")
    models.__path__.remove(str(FOLDER))
    for name in [name for name in sys.modules if name.startswith("models.graded")]:
        del sys.modules[name]
    catalogue.find.cache_clear()
    splits.cache_clear()


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
    state = trained(store, registry, "graded")
    bundle = read_bundle(store, candidate_folder(state))
    state = evaluated(store, registry, state)
    return Made(graded, store, registry, state, bundle, released(store, registry, state))
