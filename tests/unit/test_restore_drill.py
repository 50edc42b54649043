"""A restored model is held to account by what its bundle says that it answered."""

import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.registry.manifest import (
    MANIFEST_FILE,
    MODEL_FILE,
    REPLAY_FILE,
    BundleManifest,
    sha256,
)
from modelfleet.restore_drill import RestoredModel, check_restored
from modelfleet.spec.errors import RestoreError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.serving import linear_model, put_bundle, put_pointer

SPEC = find("telecom")


@pytest.fixture
def store() -> ObjectStore:
    """A restored bucket in which version 2 is the champion."""
    restored = memory_store()
    put_bundle(restored, SPEC, "2", bias=1.0)
    put_pointer(restored, SPEC.name, "2", previous="1")
    return restored


def check(store: ObjectStore, *registered: str) -> RestoredModel:
    """Check the restored model against a registry of these versions."""
    return check_restored(SPEC, store, lambda _: registered, OnnxScorer)


def test_what_came_back_whole_holds(store: ObjectStore) -> None:
    """The champion is registered, its files are whole, and its held-out rows answer as before."""
    assert check(store, "1", "2") == RestoredModel("telecom", "2", 20)


def test_a_version_that_the_registry_lacks(store: ObjectStore) -> None:
    """A registry that was restored to before the version's time, or empty, is no backup of it."""
    for registered in [(), ("1",)]:
        with pytest.raises(RestoreError, match="telecom 2 is not in the restored registry"):
            check(store, *registered)


@pytest.mark.parametrize("file", [MODEL_FILE, REPLAY_FILE])
def test_an_altered_file(store: ObjectStore, file: str) -> None:
    """A file that is not what the manifest says is damage."""
    store.put(f"{keys.bundle(SPEC.name, '2')}/{file}", b"altered")
    with pytest.raises(RestoreError, match="telecom 2 is damaged"):
        check(store, "2")


def test_what_did_not_come_back() -> None:
    """Without pointer or bundle there is nothing that serves."""
    restored = memory_store()
    with pytest.raises(RestoreError, match="was not restored completely"):
        check(restored, "2")
    put_pointer(restored, SPEC.name, "2")
    with pytest.raises(RestoreError, match="was not restored completely"):
        check(restored, "2")


def test_a_bundle_that_answers_otherwise(store: ObjectStore) -> None:
    """Whole files of another model do not pass: the stored answers are compared one by one."""
    folder = keys.bundle(SPEC.name, "2")
    other = linear_model(len(SPEC.features.columns()), -1.0, sigmoid=True)
    manifest = BundleManifest.parse(store.get(f"{folder}/{MANIFEST_FILE}").content)
    files = manifest.files | {MODEL_FILE: sha256(other)}
    store.put(f"{folder}/{MODEL_FILE}", other)
    content = manifest.model_copy(update={"files": files}).model_dump_json().encode()
    store.put(f"{folder}/{MANIFEST_FILE}", content)
    with pytest.raises(RestoreError, match="scores 20 held-out rows differently"):
        check(store, "2")
