"""Really trained candidates, each trained once for all tests of the gate, and copies to try on."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence

from modelfleet.adapters.memory_registry import MemoryRun
from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import to_parquet
from modelfleet.evaluation.gate import Decision, Verdict
from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.retraining.state import Evaluated, RetrainingState
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.validate import Row
from modelfleet.training.evaluate import evaluate
from modelfleet.training.loaded_rows import LEARNED
from modelfleet.training.train import train
from tests.training import NOW, SECONDS, MemoryRegistry, prepared_state, released, splits

MODEL = "bankchurn"
SPEC = find(MODEL)
TARGET = SPEC.target.column
ROWS = 1_500

Rows = Sequence[Row]
Change = Callable[[Rows], Rows]
SERVES = Evaluated(verdict=Verdict(decision=Decision.PROMOTE, reasons=("test",)), metrics={})


def clean(rows: Rows) -> Rows:
    """The rows as they are."""
    return rows


def mostly_spoiled(rows: Rows) -> Rows:
    """Four of five labels are drawn at random, so that less is learned."""
    return _drawn(rows, 0.8)


def spoiled(rows: Rows) -> Rows:
    """Every label is drawn at random, so that nothing is learned."""
    return _drawn(rows, 1.0)


def mostly_positive(rows: Rows) -> Rows:
    """Most who stayed are gone, so that probabilities come out far too high."""
    stayed = [row for row in rows if row[TARGET] == 0.0]
    return [row for row in rows if row[TARGET] == 1.0] + stayed[: len(stayed) // 20]


def women_inverted(rows: Rows) -> Rows:
    """One group's labels are turned round, so that it is ranked the wrong way."""
    return [
        {**row, TARGET: 1.0 - row[TARGET]} if row["Gender"] == "Female" else row for row in rows
    ]


def _drawn(rows: Rows, share: float) -> Rows:
    rng = random.Random(1)  # noqa: S311 -- a test's noise
    return [
        {**row, TARGET: float(rng.random() < 0.2)} if rng.random() < share else row for row in rows
    ]


KINDS: Mapping[str, Change] = {
    rule.__name__: rule
    for rule in (clean, mostly_spoiled, spoiled, mostly_positive, women_inverted)
}


class World:
    """A bucket and a registry in which candidates are trained when they are first asked for.

    All are tested on the same rows; an execution is named after what was done to its training rows.
    """

    def __init__(
        self, spec: ModelSpec = SPEC, kinds: Mapping[str, Change] = KINDS, rows: int = ROWS
    ) -> None:
        self.store, self.registry = memory_store(), MemoryRegistry()
        self._spec, self._kinds, self._rows = spec, kinds, rows
        self._states: dict[str, RetrainingState] = {}

    def trained(self, kind: str) -> RetrainingState:
        """The machine's data after a candidate's training."""
        if kind not in self._states:
            stage(self.store, self._spec, kind, self._kinds[kind], rows=self._rows)
            self._states[kind] = train_on(self._spec, self.store, self.registry, kind)
        return self._states[kind]

    def run(self, kind: str) -> MemoryRun:
        """A candidate's run in the registry."""
        done = self.trained(kind).trained
        assert done is not None
        return self.registry.runs[done.run_id]

    def copy(self) -> ObjectStore:
        """The bucket as it is, to change it without the others' noticing."""
        store = memory_store()
        self._complete(store, "")
        return store

    def _complete(self, store: ObjectStore, prefix: str) -> None:
        """Put what a copy does not have yet, because it was trained later."""
        for key in set(self.store.keys(prefix)) - set(store.keys(prefix)):
            store.put(key, self.store.get(key).content)

    def judged(
        self,
        kind: str,
        store: ObjectStore | None = None,
        spec: ModelSpec | None = None,
        *,
        force: bool = False,
    ) -> Evaluated:
        """What the step answers of a candidate."""
        state = self.trained(kind).model_copy(update={"force": force})
        store = store or self.copy()
        self._complete(store, keys.staging(state.model, kind))
        return evaluate(spec or self._spec, state, store, self.registry, OnnxScorer)

    def serving(self, kind: str, *, generated: bool = False) -> ObjectStore:
        """A copy of the bucket in which a candidate serves, as if of generated rows if told so."""
        state = self.trained(kind).model_copy(update={"evaluated": SERVES})
        store = self.copy()
        released(store, self.registry, state)
        if generated:
            change_manifest(store, champion_folder(store), as_generated)
        return store


def stage(
    store: ObjectStore,
    spec: ModelSpec,
    execution: str,
    change: Change,
    changed: Collection[Side] = LEARNED,
    rows: int = ROWS,
) -> None:
    """Put the sides where prepare puts them, some of them changed."""
    for side, part in splits(spec.name, rows=rows).items():
        content = to_parquet(spec, change(part) if side in changed else part)
        store.put(f"{keys.staging(spec.name, execution)}/{side.file}", content)


def train_on(
    spec: ModelSpec, store: ObjectStore, registry: MemoryRegistry, execution: str
) -> RetrainingState:
    """Train really."""
    state = prepared_state(spec.name, execution)
    trained = train(spec, state, store, registry, OnnxExporter(), OnnxScorer, NOW, seconds=SECONDS)
    return state.model_copy(update={"trained": trained})


def champion_folder(store: ObjectStore) -> str:
    """Where the bundle lies that serves."""
    pointer = ReleasePointer.parse(store.get(keys.release_pointer(MODEL)).content)
    return keys.bundle(MODEL, pointer.champion)


def change_manifest(
    store: ObjectStore, folder: str, change: Callable[[BundleManifest], BundleManifest]
) -> None:
    """Rewrite a bundle's manifest."""
    key = f"{folder}/{MANIFEST_FILE}"
    store.put(key, change(BundleManifest.parse(store.get(key).content)).to_json())


def as_generated(manifest: BundleManifest) -> BundleManifest:
    """The manifest, with the rows that it learned from made up."""
    data = manifest.data.model_copy(update={"generated": True})
    return manifest.model_copy(update={"data": data})
