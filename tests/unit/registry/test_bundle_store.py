"""A version's reference profile, read from its bundle."""

import numpy as np
import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import PROFILE_FILE, BundleManifest, sha256
from modelfleet.spec.errors import BundleError
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
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
