"""A model trained with the real pipelines, for all sides of a comparison."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modelfleet.adapters.memory_registry import MemoryRegistry
from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.datasets import load as load_dataset
from modelfleet.release.lock import take_lock
from modelfleet.release.promote import promote
from modelfleet.retraining.state import RetrainingState
from modelfleet.sampling.samplers import sampler
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.spreadsheet import write_rows
from modelfleet.training.evaluate import evaluate
from modelfleet.training.prepare import prepare
from modelfleet.training.register import register
from modelfleet.training.train import train

SEED = 2026
EXECUTION = "benchmark"


@dataclass(frozen=True)
class Retraining:
    """In-memory buckets and registry of a model."""

    spec: ModelSpec
    lake: ObjectStore
    artifacts: ObjectStore
    registry: MemoryRegistry

    def trained(self, state: RetrainingState) -> RetrainingState:
        """Fit, export, and stage a candidate."""
        result = train(
            self.spec,
            state,
            self.artifacts,
            self.registry,
            OnnxExporter(),
            OnnxScorer,
            datetime.now(UTC),
        )
        return state.model_copy(update={"trained": result})

    def prepared(self) -> RetrainingState:
        """Split the newest data set version."""
        state = RetrainingState(model=self.spec.name, execution=EXECUTION, force=True)
        result = prepare(self.spec, state, self.lake, self.artifacts)
        return state.model_copy(update={"prepared": result})

    def evaluated(self, state: RetrainingState) -> RetrainingState:
        """Evaluate the candidate, and let the gate decide."""
        result = evaluate(self.spec, state, self.artifacts, self.registry, OnnxScorer)
        return state.model_copy(update={"evaluated": result})

    def released(self, state: RetrainingState) -> str:
        """Register the candidate, and promote it; no other execution competes for the lock."""
        take_lock(self.artifacts, state, datetime.now(UTC), lambda _: False, wait_seconds=0)
        result = register(self.spec, state, self.artifacts, self.registry, datetime.now(UTC))
        state = state.model_copy(update={"registered": result})
        return promote(self.artifacts, state, lambda: datetime.now(UTC)).champion


def with_sample(model: str, folder: Path) -> Retraining:
    """Return a model with a generated data set of the real size, loaded from a file as users do."""
    spec, lake = find(model), memory_store()
    rows = sample(model)
    path = folder / f"{model}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        write_rows(file, list(rows[0]), rows)
    load_dataset.load(spec, path, lake, loaded_by="make bench", now=datetime.now(UTC))
    return Retraining(spec, lake, memory_store(), MemoryRegistry())


def released(model: str) -> Retraining:
    """Return a model that is trained on generated rows and released."""
    with tempfile.TemporaryDirectory() as folder:
        retraining = with_sample(model, Path(folder))
    state = retraining.evaluated(retraining.trained(retraining.prepared()))
    retraining.released(state)
    return retraining


def sample(model: str) -> list[dict[str, Any]]:
    """Generate as many rows as the real data has."""
    source = sampler(find(model))
    return source.draw(source.rows, SEED)
