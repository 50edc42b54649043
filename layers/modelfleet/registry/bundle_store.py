"""Bundles in the artifacts bucket: a candidate's in staging, a registered version's for good."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelfleet.registry.manifest import (
    MANIFEST_FILE,
    MODEL_FILE,
    PROFILE_FILE,
    BundleManifest,
    verify,
)
from modelfleet.spec.errors import BundleError, ConflictError
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore


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
    return ReferenceProfile.parse(content)


def manifest_of(store: ObjectStore, model: str, version: str) -> BundleManifest:
    """The manifest of a registered version.

    Raises
    ------
    ObjectNotFoundError
        If there is none.
    BundleError
        If it is unreadable.
    """
    key = f"{keys.bundle(model, version)}/{MANIFEST_FILE}"
    return parsed(key, store.get(key).content, BundleManifest.parse)


@dataclass(frozen=True)
class Bundle:
    """A manifest with the files that it names."""

    manifest: BundleManifest
    files: Mapping[str, bytes]

    @property
    def model(self) -> bytes:
        """The exported model."""
        return self.files[MODEL_FILE]

    @property
    def size(self) -> int:
        """Bytes of all files, the manifest included."""
        return sum(map(len, self.files.values())) + len(manifest_bytes(self.manifest))


def manifest_bytes(manifest: BundleManifest) -> bytes:
    """The manifest as it is stored."""
    return manifest.to_json()


def read_bundle(artifacts: ObjectStore, folder: str) -> Bundle:
    """Read a whole bundle.

    Raises
    ------
    ObjectNotFoundError
        If the manifest or one of its files is absent.
    BundleError
        If a file differs from its checksum.
    """
    manifest = BundleManifest.parse(artifacts.get(f"{folder}/{MANIFEST_FILE}").content)
    files = {name: artifacts.get(f"{folder}/{name}").content for name in manifest.files}
    verify(manifest, files)
    return Bundle(manifest, files)


def publish(artifacts: ObjectStore, bundle: Bundle) -> None:
    """Write a registered bundle for good, the manifest last; go on where an attempt broke off.

    Raises
    ------
    BundleError
        If the version's folder holds something else already.
    """
    folder = keys.bundle(bundle.manifest.model, bundle.manifest.version)
    for name, content in bundle.files.items():
        _create_or_compare(artifacts, f"{folder}/{name}", content)
    _create_or_compare(artifacts, f"{folder}/{MANIFEST_FILE}", manifest_bytes(bundle.manifest))


def _create_or_compare(artifacts: ObjectStore, key: str, content: bytes) -> None:
    try:
        artifacts.create(key, content)
    except ConflictError as error:
        if artifacts.get(key).content != content:
            raise BundleError(f"{key} holds another bundle; bundles are never changed") from error
