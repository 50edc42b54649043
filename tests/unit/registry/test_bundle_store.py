"""A version's reference profile and its judged model, read from its bundle."""

import numpy as np
import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find
from modelfleet.registry.bundle_store import Bundle, BundleStore
from modelfleet.registry.manifest import (
    JUDGED_ENCODING_FILE,
    JUDGED_MODEL_FILE,
    MODEL_FILE,
    PROFILE_FILE,
    BundleManifest,
    JudgedModel,
    sha256,
)
from modelfleet.spec.errors import BundleError
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.statistics.results import Closeness
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.encoding import RowEncoding
from tests.drifting import customers, reference
from tests.serving import manifest

MODEL = "bankchurn"


@pytest.fixture(scope="module")
def profile() -> ReferenceProfile:
    """A profile with columns of every kind."""
    return reference(customers(np.random.default_rng(0), 500))


def bundle(store: ObjectStore, content: bytes) -> BundleManifest:
    """The manifest of a bundle that has this profile."""
    store.put(f"{keys.bundle(MODEL, '7')}/{PROFILE_FILE}", content)
    found = manifest(find(MODEL), "7", b"")
    return found.model_copy(update={"files": found.files | {PROFILE_FILE: sha256(content)}})


def test_what_was_written_is_read(profile: ReferenceProfile) -> None:
    """A profile comes back with the curves that it was written with."""
    store = memory_store()
    content = profile.model_dump_json().encode()
    assert BundleStore(store).profile(bundle(store, content)) == profile


def test_a_bundle_without_a_profile_has_none() -> None:
    """A manifest that does not name one is answered, not an error."""
    assert BundleStore(memory_store()).profile(manifest(find(MODEL), "7", b"")) is None


def test_an_altered_profile_is_an_error(profile: ReferenceProfile) -> None:
    """Drift is not measured against what training did not write."""
    store = memory_store()
    written = bundle(store, profile.model_dump_json().encode())
    bundle(store, profile.model_copy(update={"rows": 1}).model_dump_json().encode())
    with pytest.raises(BundleError, match="fails its checksum"):
        BundleStore(store).profile(written)


def test_an_unreadable_profile_is_an_error() -> None:
    """What is no profile is named as such."""
    store = memory_store()
    with pytest.raises(BundleError, match=r"not a valid profile.json"):
        BundleStore(store).profile(bundle(store, b"{}"))


def test_curves_are_small(profile: ReferenceProfile) -> None:
    """A column's part of the bundle stays within some kilobytes, however many rows it describes."""
    rng = np.random.default_rng(1)
    large = reference(customers(rng, 50_000))
    assert len(large.columns["spending"].model_dump_json()) < 6_000
    assert large.prediction.curve is not None
    assert len(large.prediction.curve.points) < 150


def test_an_older_bundle_has_one_model() -> None:
    """Without a judged model in the manifest, the served one is judged."""
    older = Bundle(manifest(find(MODEL), "7", b"served"), {MODEL_FILE: b"served"})
    assert older.judged == (older.manifest.encoding, b"served")


def test_the_judged_model_has_its_own_encoding_and_adds_nothing_to_the_size() -> None:
    """Limits on the size are for what a function loads."""
    older = manifest(find(MODEL), "7", b"served")
    close = Closeness(difference=0.1, learned_error=0.1, limit=0.2)
    found = older.model_copy(update={"judged": JudgedModel(data=older.data, closeness=close)})
    encoding = RowEncoding(columns=older.encoding.columns[:1])
    files = {
        MODEL_FILE: b"served",
        JUDGED_MODEL_FILE: b"judged",
        JUDGED_ENCODING_FILE: encoding.model_dump_json().encode(),
    }
    assert Bundle(found, files).judged == (encoding, b"judged")
    assert Bundle(found, files).size == Bundle(found, {MODEL_FILE: b"served"}).size


@pytest.mark.parametrize("files", [{}, {JUDGED_MODEL_FILE: b"judged", JUDGED_ENCODING_FILE: b"{"}])
def test_an_incomplete_judged_model_is_an_error(files: dict[str, bytes]) -> None:
    """The served model never takes its place."""
    older = manifest(find(MODEL), "7", b"served")
    close = Closeness(difference=0.1, learned_error=0.1, limit=0.2)
    found = older.model_copy(update={"judged": JudgedModel(data=older.data, closeness=close)})
    with pytest.raises(BundleError, match=r"judged\.json"):
        _ = Bundle(found, {MODEL_FILE: b"served", **files}).judged
