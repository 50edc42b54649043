"""Bundles in the artifacts bucket: whole ones by folder, registered ones by version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelfleet.registry.manifest import (
    BACKGROUND_FILE,
    CARD_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    PROFILE_FILE,
    REPLAY_FILE,
    BundleManifest,
    Replay,
    read_background,
    verify,
)
from modelfleet.spec.errors import BundleError, ConflictError
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore


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
        return sum(map(len, self.files.values())) + len(self.manifest.to_json())


@dataclass(frozen=True)
class BundleStore:
    """The registered bundles of every model, immutable once written.

    A function reads only the files it needs: each reader fetches one and checks it against the
    manifest. They raise `ObjectNotFoundError` if the file is absent, `BundleError` if it is altered
    or unreadable.
    """

    artifacts: ObjectStore

    def manifest(self, model: str, version: str) -> BundleManifest:
        """The manifest of a registered version."""
        key = f"{keys.bundle(model, version)}/{MANIFEST_FILE}"
        return parsed(key, self.artifacts.get(key).content, BundleManifest.parse)

    def bundle(self, model: str, version: str) -> Bundle:
        """A registered version with all its files."""
        return read_bundle(self.artifacts, keys.bundle(model, version))

    def file(self, manifest: BundleManifest, name: str) -> bytes:
        """One file of a bundle."""
        folder = keys.bundle(manifest.model, manifest.version)
        content = self.artifacts.get(f"{folder}/{name}").content
        verify(manifest, {name: content})
        return content

    def profile(self, manifest: BundleManifest) -> ReferenceProfile | None:
        """The reference profile of the training rows; `None` if the bundle has none."""
        if PROFILE_FILE not in manifest.files:
            return None
        return ReferenceProfile.parse(self.file(manifest, PROFILE_FILE))

    def replay(self, manifest: BundleManifest) -> Replay:
        """Held-out rows with the scores that the model gave them in training."""
        return Replay.parse(self.file(manifest, REPLAY_FILE))

    def background(self, manifest: BundleManifest) -> list[list[float]]:
        """The rows that explanations compare with, encoded, shape (rows, columns)."""
        rows: list[dict[str, Any]] = list(read_background(self.file(manifest, BACKGROUND_FILE)))
        return manifest.encoding.encode(rows)

    def card(self, manifest: BundleManifest) -> bytes:
        """The model card."""
        return self.file(manifest, CARD_FILE)

    def publish(self, bundle: Bundle) -> None:
        """Write a registered bundle for good, the manifest last; resume an interrupted attempt.

        Raises
        ------
        BundleError
            If the version's folder holds something else already.
        """
        folder = keys.bundle(bundle.manifest.model, bundle.manifest.version)
        for name, content in bundle.files.items():
            self._create_or_compare(f"{folder}/{name}", content)
        self._create_or_compare(f"{folder}/{MANIFEST_FILE}", bundle.manifest.to_json())

    def _create_or_compare(self, key: str, content: bytes) -> None:
        try:
            self.artifacts.create(key, content)
        except ConflictError as error:
            if self.artifacts.get(key).content != content:
                raise BundleError(f"{key} holds another bundle; bundles never change") from error


def read_bundle(artifacts: ObjectStore, folder: str) -> Bundle:
    """Read a whole bundle from any folder.

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
