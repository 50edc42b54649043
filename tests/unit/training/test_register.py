"""The step register: one version, whole or not at all, under the alias challenger."""

import pytest

from modelfleet.adapters.object_store import BucketObjectStore, memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.evaluation.gate import Decision, Verdict
from modelfleet.registry.aliases import alias_moves
from modelfleet.registry.bundle_store import read_bundle
from modelfleet.registry.manifest import CARD_FILE, MANIFEST_FILE, MODEL_FILE, BundleManifest
from modelfleet.retraining.state import Evaluated, Registered, RetrainingState
from modelfleet.serving.load import load
from modelfleet.spec.errors import BundleError, StepError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.training.code_version import code_version
from modelfleet.training.register import register
from modelfleet.training.staging import candidate_folder
from tests.training import DATASET, NOW, MemoryRegistry, World, after_training

SPEC = find("bankchurn")
FOLDER = keys.bundle("bankchurn", "1")


@pytest.fixture
def world() -> World:
    """What is there when a candidate is to be registered, for this test alone."""
    return after_training("bankchurn", judged=True)


@pytest.fixture
def registry(world: World) -> MemoryRegistry:
    """A registry with the candidate's run."""
    return world.registry


@pytest.fixture
def store(world: World) -> BucketObjectStore:
    """A bucket with the splits and the staged candidate."""
    return world.store


@pytest.fixture
def state(world: World) -> RetrainingState:
    """The machine's data when a candidate is to be registered."""
    return world.state


def contents(store: ObjectStore, folder: str) -> dict[str, bytes]:
    """Every object of a folder."""
    return {key: store.get(key).content for key in store.keys(folder)}


def test_version_can_be_served(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """The registered bundle loads as the predict function loads it, under its own version."""
    assert register(SPEC, state, store, registry, NOW) == Registered(version="1")
    served = load(store, SPEC, "1", OnnxScorer)
    assert served.manifest.version == "1"
    assert registry.named["bankchurn"] == {"challenger": "1"}
    assert registry.runs["run-1"].status == "FINISHED"


def test_asked_twice_it_answers_the_same(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """A retry finds what it would write, changes nothing and gives the same version."""
    first = register(SPEC, state, store, registry, NOW)
    before = contents(store, FOLDER)
    assert register(SPEC, state, store, registry, NOW) == first
    assert contents(store, FOLDER) == before
    assert list(registry.versions["bankchurn"].values()) == ["1"]


class Interrupted(BucketObjectStore):
    """A bucket whose connection breaks after a number of creations."""

    def __init__(self, store: BucketObjectStore, creations: int) -> None:
        super().__init__(store._store)
        self._left = creations

    def create(self, key: str, content: bytes) -> str:
        """Create an object, or break; see `ObjectStore.create`."""
        if not self._left:
            raise ConnectionError("the connection broke")
        self._left -= 1
        return super().create(key, content)


@pytest.mark.parametrize("creations", [0, 1, 3, 4])
def test_interrupted_between_files_it_goes_on(
    store: BucketObjectStore, registry: MemoryRegistry, state: RetrainingState, creations: int
) -> None:
    """Broken off anywhere there is no manifest, and the retry completes the bundle."""
    with pytest.raises(ConnectionError):
        register(SPEC, state, Interrupted(store, creations), registry, NOW)
    assert len(contents(store, FOLDER)) == creations
    assert f"{FOLDER}/{MANIFEST_FILE}" not in contents(store, FOLDER)
    assert registry.runs["run-1"].status == "FAILED"
    assert register(SPEC, state, store, registry, NOW).version == "1"
    assert load(store, SPEC, "1", OnnxScorer).manifest.version == "1"
    assert registry.runs["run-1"].status == "FINISHED"


def test_bundles_are_never_changed(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """Where the version's folder holds another bundle, nothing is overwritten."""
    store.put(f"{FOLDER}/{MODEL_FILE}", b"another model")
    with pytest.raises(BundleError, match="immutable"):
        register(SPEC, state, store, registry, NOW)
    assert store.get(f"{FOLDER}/{MODEL_FILE}").content == b"another model"
    assert "bankchurn" not in registry.named


def test_manifest_differs_from_the_candidate_in_version_and_card_alone(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """Registering adds the version, and the verdict to the card; it changes nothing else."""
    register(SPEC, state, store, registry, NOW)
    candidate = BundleManifest.parse(
        store.get(f"{candidate_folder(state)}/{MANIFEST_FILE}").content
    )
    registered = BundleManifest.parse(store.get(f"{FOLDER}/{MANIFEST_FILE}").content)
    card = {CARD_FILE: registered.files[CARD_FILE]}
    assert card[CARD_FILE] != candidate.files[CARD_FILE]
    files = {**candidate.files, **card}
    assert registered == candidate.model_copy(update={"version": "1", "files": files})


def test_blocked_candidate_is_not_registered(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """A blocked candidate raises, whoever asks, and leaves no version."""
    verdict = Verdict(decision=Decision.BLOCK, reasons=("too weak",))
    blocked = state.model_copy(update={"evaluated": Evaluated(verdict=verdict, metrics={})})
    with pytest.raises(StepError, match="too weak"):
        register(SPEC, blocked, store, registry, NOW)
    assert registry.versions == {}
    assert contents(store, FOLDER) == {}


def test_steps_out_of_turn(registry: MemoryRegistry) -> None:
    """Nothing is registered before it is evaluated."""
    state = RetrainingState(model="bankchurn", execution="first")
    with pytest.raises(StepError):
        register(SPEC, state, memory_store(), registry, NOW)


def test_the_version_tells_where_it_comes_from(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """In the registry's list a version has its data, its code, its run and the gate's verdict."""
    register(SPEC, state, store, registry, NOW)
    source, tags = registry.sources["run-1"]
    assert source == "runs:/run-1/bundle"
    assert tags == {
        "execution": "first",
        "dataset_version": DATASET,
        "code_version": code_version("bankchurn"),
        "verdict": "promote",
        "verdict_reasons": "no champion yet",
    }


def test_the_run_is_named_after_the_version(
    state: RetrainingState, store: BucketObjectStore, registry: MemoryRegistry
) -> None:
    """With how it was started, the day, the data set, the code, and the author."""
    asked = state.model_copy(update={"by": "ada"})
    version = register(find(state.model), asked, store, registry, NOW).version
    manifest = read_bundle(store, candidate_folder(state)).manifest
    described = registry.runs["run-1"].description
    assert described is not None
    assert described.name == (
        f"{state.model} v{version}, {state.trigger}, {manifest.created_at:%Y-%m-%d}"
    )
    assert (described.author, described.rows) == ("ada", manifest.data.rows)
    assert described.dataset == f"{state.model} {manifest.data.dataset_version}"
    assert described.source.startswith(f"layers/models/{state.model}")


def test_the_card_says_what_the_gate_said(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """The registered card has the verdict on its version, in the bundle and in the run alike."""
    candidate = store.get(f"{candidate_folder(state)}/{CARD_FILE}").content.decode()
    assert "Pending when this card was written" in candidate
    register(SPEC, state, store, registry, NOW)
    bundle = read_bundle(store, FOLDER)
    card = bundle.files[CARD_FILE].decode()
    assert "Verdict on version 1" in card
    assert "no champion yet" in card
    assert "Pending when this card was written" not in card
    recorded = registry.runs["run-1"].artifacts
    assert recorded["bundle/card.html"] == bundle.files[CARD_FILE]
    assert BundleManifest.parse(recorded["bundle/manifest.json"]) == bundle.manifest


def test_the_challenger_is_recorded_with_its_reason(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """Twice or once, one move of the alias is on record: who, when, why and in which execution."""
    for _ in range(2):
        register(SPEC, state, store, registry, NOW)
    (move,) = alias_moves(store, "bankchurn")
    assert (move.alias, move.version, move.execution) == ("challenger", "1", "first")
    assert (move.moved_by, move.moved_at) == ("register, retraining by manual", NOW)
    assert move.reason == "promote: no champion yet"
