"""What tests of training share: small real rows, splits in a bucket, and a registry in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.domain import keys
from modelfleet.domain.dataset import Side
from modelfleet.domain.messages import Prepared, RetrainingState
from modelfleet.domain.ports import ObjectStore
from modelfleet.domain.release import ReleasePointer
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.evaluate import evaluate
from modelfleet.pipelines.register import register
from modelfleet.pipelines.split import Splits, split
from modelfleet.pipelines.table_file import read_frame, to_parquet
from modelfleet.pipelines.train import train
from modelfleet.pipelines.validate import validate
from models.catalogue import find

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
DATASET = "0123456789ab"
ROWS = 1_200


@cache
def splits(model: str, seed: int = 1, rows: int = ROWS) -> Splits:
    """The three sides of a model's sample data."""
    spec = find(model)
    sampled = import_module(f"models.{model}.sample").sample(rows, seed)
    chosen = [{name: row[name] for name in spec.data_columns} for row in sampled]
    return split(spec, validate(spec, enumerate(chosen)).accepted)


def frame(model: str, side: Side, seed: int = 1, rows: int = ROWS) -> pd.DataFrame:
    """One side as the training steps read it."""
    return read_frame(to_parquet(find(model), splits(model, seed, rows)[side]))


def prepared_state(model: str, execution: str = "first", **changes: Any) -> RetrainingState:
    """The machine's data after prepare."""
    prepared = Prepared(dataset_version=DATASET, rows={}, quarantined=0)
    return RetrainingState(model=model, execution=execution, prepared=prepared, **changes)


def stage_splits(store: ObjectStore, spec: ModelSpec, execution: str, seed: int = 1) -> None:
    """Put the sides where prepare puts them."""
    for side, rows in splits(spec.name, seed).items():
        store.put(f"{keys.staging(spec.name, execution)}/{side.file}", to_parquet(spec, rows))


def staged(model: str, execution: str = "first") -> ObjectStore:
    """An artifacts bucket in memory with a model's sides."""
    store = memory_store()
    stage_splits(store, find(model), execution)
    return store


@dataclass
class MemoryRun:
    """An `ExperimentLog` that remembers."""

    run_id: str
    status: str = "RUNNING"
    recorded_parameters: dict[str, Any] = field(default_factory=dict)
    recorded_metrics: dict[str, float] = field(default_factory=dict)
    recorded_tags: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Record parameters, which never change."""
        for name, value in values.items():
            assert str(self.recorded_parameters.setdefault(name, value)) == str(value)

    def metrics(self, values: Mapping[str, float]) -> None:
        """Record metrics."""
        self.recorded_metrics.update(values)

    def tags(self, values: Mapping[str, str]) -> None:
        """Record tags."""
        self.recorded_tags.update(values)

    def artifact(self, path: Path, folder: str = "") -> None:
        """Record a file."""
        self.artifacts[f"{folder}/{path.name}" if folder else path.name] = path.read_bytes()


class MemoryRegistry:
    """A `ModelRegistry` in memory."""

    def __init__(self) -> None:
        self.runs: dict[str, MemoryRun] = {}
        self.versions: dict[str, dict[str, str]] = {}
        self.aliases: dict[str, dict[str, str]] = {}
        self.sources: dict[str, tuple[str, dict[str, str]]] = {}
        self._names: dict[tuple[str, str], str] = {}

    def start_run(self, model: str, name: str) -> MemoryRun:
        """Open a run; see `ModelRegistry.start_run`."""
        run_id = self._names.setdefault((model, name), f"run-{len(self._names) + 1}")
        self.runs.setdefault(run_id, MemoryRun(run_id))
        return self.open_run(run_id)

    def open_run(self, run_id: str) -> MemoryRun:
        """Go on with a run; see `ModelRegistry.open_run`."""
        self.runs[run_id].status = "RUNNING"
        return self.runs[run_id]

    def finish_run(self, run_id: str, *, failed: bool = False) -> None:
        """Close a run; see `ModelRegistry.finish_run`."""
        self.runs[run_id].status = "FAILED" if failed else "FINISHED"

    def register(self, model: str, run_id: str, source: str, tags: Mapping[str, str]) -> str:
        """Create the run's version; see `ModelRegistry.register`."""
        versions = self.versions.setdefault(model, {})
        self.sources[run_id] = (source, dict(tags))
        return versions.setdefault(run_id, str(len(versions) + 1))

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Let an alias name a version; see `ModelRegistry.set_alias`."""
        self.aliases.setdefault(model, {})[alias] = version

    def remove_alias(self, model: str, alias: str) -> None:
        """Let an alias name nothing; see `ModelRegistry.remove_alias`."""
        self.aliases.setdefault(model, {}).pop(alias, None)


def trained(
    store: ObjectStore, registry: MemoryRegistry, model: str = "bankchurn", execution: str = "first"
) -> RetrainingState:
    """The machine's data after a real training on the staged sides."""
    state = prepared_state(model, execution)
    result = train(find(model), state, store, registry, OnnxExporter(), OnnxScorer, NOW)
    return state.model_copy(update={"trained": result})


def evaluated(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> RetrainingState:
    """The machine's data after the gate has decided."""
    result = evaluate(find(state.model), state, store, registry, OnnxScorer)
    return state.model_copy(update={"evaluated": result})


def released(store: ObjectStore, registry: MemoryRegistry, state: RetrainingState) -> str:
    """Register a candidate and let the pointer name it."""
    version = register(find(state.model), state, store, registry).version
    pointer = ReleasePointer(
        model=state.model, champion=version, written_by="test", written_at=NOW, reason="test"
    )
    store.put(keys.release_pointer(state.model), pointer.model_dump_json().encode())
    return version
