"""What tests of training share: small real rows, splits in a bucket, and a registry in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import pandas as pd
import pytest

from modelfleet.adapters.memory_registry import (
    MemoryRegistry as MemoryRegistry,  # noqa: PLC0414 -- tests take it from here
)
from modelfleet.adapters.object_store import BucketObjectStore, memory_store
from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame, to_parquet
from modelfleet.datasets.split import Splits, split
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.retraining.state import Prepared, RetrainingState
from modelfleet.sampling.samplers import sampler
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.validate import validate
from modelfleet.training.candidates import choose
from modelfleet.training.candidates.budget import Budget
from modelfleet.training.evaluate import evaluate
from modelfleet.training.register import register
from modelfleet.training.train import train

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
DATASET = "0123456789ab"
ROWS = 1_200
# The first candidate is always tried; where the choice is not what is tested, it is enough.
SECONDS = 0.0


@contextmanager
def first_candidate_only() -> Iterator[pytest.MonkeyPatch]:
    """Let trainings in this process try one candidate, however much time they ask for.

    For what calls training through its users' interfaces, which have no such option; the whole
    choice is tested by `test_select.py`, and made by the end-to-end tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choose, "Budget", lambda _seconds: Budget(SECONDS))
        yield patch


@cache
def splits(model: str, seed: int = 1, rows: int = ROWS) -> Splits:
    """The three sides of a model's sample data."""
    spec = find(model)
    sampled = sampler(spec).draw(rows, seed)
    chosen = [{name: row[name] for name in spec.data_columns} for row in sampled]
    return split(spec, validate(spec, enumerate(chosen)).accepted)


def frame(model: str, side: Side, seed: int = 1, rows: int = ROWS) -> pd.DataFrame:
    """One side as the training steps read it."""
    return read_frame(to_parquet(find(model), splits(model, seed, rows)[side]))


def prepared_state(model: str, execution: str = "first", **changes: Any) -> RetrainingState:
    """The machine's data after prepare."""
    prepared = Prepared(dataset_version=DATASET, rows={}, quarantined=0, loaded_at=NOW)
    return RetrainingState(model=model, execution=execution, prepared=prepared, **changes)


def stage_splits(store: ObjectStore, spec: ModelSpec, execution: str, seed: int = 1) -> None:
    """Put the sides where prepare puts them."""
    for side, rows in splits(spec.name, seed).items():
        store.put(f"{keys.staging(spec.name, execution)}/{side.file}", to_parquet(spec, rows))


def staged(model: str, execution: str = "first") -> BucketObjectStore:
    """An artifacts bucket in memory with a model's sides."""
    store = memory_store()
    stage_splits(store, find(model), execution)
    return store


def trained(
    store: ObjectStore,
    registry: MemoryRegistry,
    model: str = "bankchurn",
    execution: str = "first",
    seconds: float = SECONDS,
    **changes: Any,
) -> RetrainingState:
    """The machine's data after a real training on the staged sides."""
    state = prepared_state(model, execution, **changes)
    result = train(
        find(model), state, store, registry, OnnxExporter(), OnnxScorer, NOW, seconds=seconds
    )
    return state.model_copy(update={"trained": result})


def evaluated(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> RetrainingState:
    """The machine's data after the gate has decided."""
    result = evaluate(find(state.model), state, store, registry, OnnxScorer)
    return state.model_copy(update={"evaluated": result})


class World(NamedTuple):
    """What a training leaves behind: a bucket, a registry, and the machine's data."""

    store: BucketObjectStore
    registry: MemoryRegistry
    state: RetrainingState


def after_training(model: str = "bankchurn", *, judged: bool = False) -> World:
    """A world of the caller's own after a training, and the gate; both run once a process."""
    objects, registry, state = _after_training(model, judged)
    store = memory_store()
    for key, content in objects.items():
        store.put(key, content)
    return World(store, deepcopy(registry), state)


@cache
def _after_training(
    model: str, judged: bool
) -> tuple[dict[str, bytes], MemoryRegistry, RetrainingState]:
    if judged:
        store, registry, before = after_training(model)
        state = evaluated(store, registry, before)
    else:
        store, registry = staged(model), MemoryRegistry()
        state = trained(store, registry, model)
    return {key: store.get(key).content for key in store.keys("")}, registry, state


def released(store: ObjectStore, registry: MemoryRegistry, state: RetrainingState) -> str:
    """Register a candidate and let the pointer name it."""
    version = register(find(state.model), state, store, registry, NOW).version
    pointer = ReleasePointer(
        model=state.model, champion=version, written_by="test", written_at=NOW, reason="test"
    )
    store.put(keys.release_pointer(state.model), pointer.model_dump_json().encode())
    return version
