"""The steps register and record: one version, whole or not at all, and the aliases after it."""

import pytest

from modelfleet.adapters.object_store import BucketObjectStore, memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.domain import keys
from modelfleet.domain.bundle import MANIFEST_FILE, MODEL_FILE, read_manifest
from modelfleet.domain.errors import BundleError, ObjectNotFoundError, StepError
from modelfleet.domain.gate import Decision, Verdict
from modelfleet.domain.messages import Evaluated, Registered, RetrainingState
from modelfleet.domain.ports import ObjectStore
from modelfleet.domain.release import ReleasePointer
from modelfleet.pipelines.bundle import candidate_folder
from modelfleet.pipelines.load import load
from modelfleet.pipelines.record import record
from modelfleet.pipelines.register import register
from models.catalogue import find
from tests.training import NOW, MemoryRegistry, evaluated, staged, trained

SPEC = find("bankchurn")
FOLDER = keys.bundle("bankchurn", "1")


@pytest.fixture
def registry() -> MemoryRegistry:
    """An empty registry."""
    return MemoryRegistry()


@pytest.fixture
def store() -> BucketObjectStore:
    """A bucket with the splits."""
    bucket = staged("bankchurn")
    assert isinstance(bucket, BucketObjectStore)
    return bucket


@pytest.fixture
def state(store: ObjectStore, registry: MemoryRegistry) -> RetrainingState:
    """The machine's data when a candidate is to be registered."""
    return evaluated(store, registry, trained(store, registry, "bankchurn"))


def contents(store: ObjectStore, folder: str) -> dict[str, bytes]:
    """Every object of a folder."""
    return {key: store.get(key).content for key in store.keys(folder)}


def test_version_can_be_served(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """The registered bundle loads as the predict function loads it, under its own version."""
    assert register(SPEC, state, store, registry) == Registered(version="1")
    served = load(store, SPEC, "1", OnnxScorer)
    assert served.manifest.version == "1"
    assert registry.aliases["bankchurn"] == {"challenger": "1"}
    assert registry.sources["run-1"] == ("runs:/run-1/bundle", {"execution": "first"})
    assert registry.runs["run-1"].status == "FINISHED"


def test_asked_twice_it_answers_the_same(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """A retry finds what it would write, changes nothing and gives the same version."""
    first = register(SPEC, state, store, registry)
    before = contents(store, FOLDER)
    assert register(SPEC, state, store, registry) == first
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
        register(SPEC, state, Interrupted(store, creations), registry)
    assert len(contents(store, FOLDER)) == creations
    assert f"{FOLDER}/{MANIFEST_FILE}" not in contents(store, FOLDER)
    assert registry.runs["run-1"].status == "FAILED"
    assert register(SPEC, state, store, registry).version == "1"
    assert load(store, SPEC, "1", OnnxScorer).manifest.version == "1"
    assert registry.runs["run-1"].status == "FINISHED"


def test_bundles_are_never_changed(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """Where the version's folder holds another bundle, nothing is overwritten."""
    store.put(f"{FOLDER}/{MODEL_FILE}", b"another model")
    with pytest.raises(BundleError, match="never changed"):
        register(SPEC, state, store, registry)
    assert store.get(f"{FOLDER}/{MODEL_FILE}").content == b"another model"
    assert "bankchurn" not in registry.aliases


def test_manifest_differs_from_the_candidate_in_its_version_alone(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """Registering adds the version and changes nothing else."""
    register(SPEC, state, store, registry)
    candidate = read_manifest(store.get(f"{candidate_folder(state)}/{MANIFEST_FILE}").content)
    registered = read_manifest(store.get(f"{FOLDER}/{MANIFEST_FILE}").content)
    assert registered == candidate.model_copy(update={"version": "1"})


def test_blocked_candidate_is_not_registered(
    store: ObjectStore, registry: MemoryRegistry, state: RetrainingState
) -> None:
    """A blocked candidate raises, whoever asks, and leaves no version."""
    verdict = Verdict(decision=Decision.BLOCK, reasons=("too weak",))
    blocked = state.model_copy(update={"evaluated": Evaluated(verdict=verdict, metrics={})})
    with pytest.raises(StepError, match="too weak"):
        register(SPEC, blocked, store, registry)
    assert registry.versions == {}
    assert contents(store, FOLDER) == {}


def test_steps_out_of_turn(registry: MemoryRegistry) -> None:
    """Nothing is registered before it is evaluated, nor recorded before it is registered."""
    state = RetrainingState(model="bankchurn", execution="first")
    with pytest.raises(StepError):
        register(SPEC, state, memory_store(), registry)
    with pytest.raises(StepError):
        record(SPEC, state, memory_store(), registry)


def point(store: ObjectStore, champion: str, previous: str | None) -> None:
    """Let the pointer name versions."""
    pointer = ReleasePointer(
        model="bankchurn",
        champion=champion,
        previous=previous,
        written_by="test",
        written_at=NOW,
        reason="test",
    )
    store.put(keys.release_pointer("bankchurn"), pointer.model_dump_json().encode())


@pytest.mark.parametrize(
    ("champion", "previous", "aliases"),
    [
        ("2", None, {"champion": "2"}),
        ("2", "1", {"champion": "2", "previous": "1"}),
        ("1", None, {"champion": "1", "challenger": "2"}),  # the gate kept version 2 back
    ],
)
def test_aliases_name_what_the_pointer_names(
    registry: MemoryRegistry, champion: str, previous: str | None, aliases: dict[str, str]
) -> None:
    """After record, twice or once, champion and previous are the pointer's."""
    store = memory_store()
    registry.aliases["bankchurn"] = {"challenger": "2", "champion": "1", "previous": "0"}
    state = RetrainingState(
        model="bankchurn", execution="second", registered=Registered(version="2")
    )
    point(store, champion, previous)
    for _ in range(2):
        answer = record(SPEC, state, store, registry)
        assert (answer.champion, answer.previous) == (champion, previous)
        assert registry.aliases["bankchurn"] == aliases


def test_nothing_released_cannot_be_recorded(registry: MemoryRegistry) -> None:
    """Without a pointer there is nothing that the aliases could name."""
    state = RetrainingState(model="bankchurn", execution="x", registered=Registered(version="1"))
    with pytest.raises(ObjectNotFoundError):
        record(SPEC, state, memory_store(), registry)
