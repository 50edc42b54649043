"""Loading a version: what is refused, and why."""

from typing import Any

import numpy as np
import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.registry.manifest import MANIFEST_FILE, MODEL_FILE, sha256
from modelfleet.serving.load import load
from modelfleet.spec.errors import BundleError, ObjectNotFoundError, ScoringError
from modelfleet.spec.task import Task
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.encoding import ColumnEncoding, RowEncoding
from tests.serving import linear_model, manifest, put_bundle

SPEC = find("bankchurn")
FOLDER = keys.bundle(SPEC.name, "1")


@pytest.fixture
def store() -> ObjectStore:
    """A bucket with version 1."""
    bucket = memory_store()
    put_bundle(bucket, SPEC, "1")
    return bucket


def alter(store: ObjectStore, **changes: Any) -> None:
    """Write the manifest anew with some fields changed."""
    model = store.get(f"{FOLDER}/{MODEL_FILE}").content
    changed = manifest(SPEC, "1", model).model_copy(update=changes)
    store.put(f"{FOLDER}/{MANIFEST_FILE}", changed.model_dump_json().encode())


def test_a_whole_bundle_is_ready_to_score(store: ObjectStore) -> None:
    """What was loaded scores the model's own example."""
    model = load(store, SPEC, "1", OnnxScorer)
    row = model.manifest.encoding.encode([SPEC.features.example()])
    (score,) = np.asarray(model.scorer.score(row))
    assert 0 < score < 1


def test_an_absent_version_is_not_found(store: ObjectStore) -> None:
    """A version that nobody registered cannot be loaded."""
    with pytest.raises(ObjectNotFoundError):
        load(store, SPEC, "2", OnnxScorer)


def test_an_altered_model_is_refused(store: ObjectStore) -> None:
    """A model file that differs from the manifest's checksum is not even opened."""
    store.put(f"{FOLDER}/{MODEL_FILE}", linear_model(10, 5.0, sigmoid=True))
    with pytest.raises(BundleError, match="checksum"):
        load(store, SPEC, "1", OnnxScorer)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"version": "9"}, "the manifest belongs to bankchurn 9"),
        ({"model": "telecom"}, "the manifest belongs to telecom"),
        ({"task": Task.REGRESSION}, "task is regression"),
        ({"threshold": None}, "no threshold"),
        (
            {"encoding": RowEncoding(columns=(ColumnEncoding(name="Shoe size"),))},
            "Shoe size",
        ),
    ],
)
def test_a_bundle_that_does_not_fit_is_refused(
    store: ObjectStore, changes: dict[str, Any], named: str
) -> None:
    """The error says what does not fit."""
    alter(store, **changes)
    with pytest.raises(BundleError, match=named):
        load(store, SPEC, "1", OnnxScorer)


def test_a_model_that_does_not_answer_is_refused(store: ObjectStore) -> None:
    """A model of another width fails when it is loaded, not at the first request."""
    narrow = linear_model(2, 0.0, sigmoid=True)
    store.put(f"{FOLDER}/{MODEL_FILE}", narrow)
    alter(store, files={MODEL_FILE: sha256(narrow)})
    with pytest.raises(ScoringError):
        load(store, SPEC, "1", OnnxScorer)
