"""Bundles in the artifacts bucket: a candidate's in staging, a registered version's for good."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelfleet.registry.manifest import (
    MANIFEST_FILE,
    MODEL_FILE,
    BundleManifest,
    read_manifest,
    verify,
)
from modelfleet.retraining.state import RetrainingState
from modelfleet.spec.errors import BundleError, ConflictError
from modelfleet.storage import keys
from modelfleet.storage.ports import ObjectStore

FOLDER = "bundle"


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


def candidate_folder(state: RetrainingState) -> str:
    """Where a retraining keeps its candidate."""
    return f"{keys.staging(state.model, state.execution)}/{FOLDER}"


def manifest_bytes(manifest: BundleManifest) -> bytes:
    """The manifest as it is stored."""
    return manifest.model_dump_json(indent=2).encode()


def write_candidate(artifacts: ObjectStore, state: RetrainingState, bundle: Bundle) -> None:
    """Write a candidate over whatever an earlier attempt left, the manifest last."""
    folder = candidate_folder(state)
    for name, content in bundle.files.items():
        artifacts.put(f"{folder}/{name}", content)
    artifacts.put(f"{folder}/{MANIFEST_FILE}", manifest_bytes(bundle.manifest))


def read_bundle(artifacts: ObjectStore, folder: str) -> Bundle:
    """Read a whole bundle.

    Raises
    ------
    ObjectNotFoundError
        If the manifest or one of its files is absent.
    BundleError
        If a file differs from its checksum.
    """
    manifest = read_manifest(artifacts.get(f"{folder}/{MANIFEST_FILE}").content)
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
