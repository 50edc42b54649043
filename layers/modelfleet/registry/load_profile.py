"""Load what a version was trained on, as its bundle describes it."""

from modelfleet.registry.manifest import PROFILE_FILE, BundleManifest, verify
from modelfleet.statistics.reference_profile import ReferenceProfile, read_profile
from modelfleet.storage import keys
from modelfleet.storage.ports import ObjectStore


def load_profile(store: ObjectStore, manifest: BundleManifest) -> ReferenceProfile | None:
    """Load a version's reference profile; `None` where its bundle has none.

    Raises
    ------
    ObjectNotFoundError
        If the manifest names it and it is not there.
    BundleError
        If it is altered or unreadable.
    """
    if PROFILE_FILE not in manifest.files:
        return None
    folder = keys.bundle(manifest.model, manifest.version)
    content = store.get(f"{folder}/{PROFILE_FILE}").content
    verify(manifest, {PROFILE_FILE: content})
    return read_profile(content)
