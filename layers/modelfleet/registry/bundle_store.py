"""Bundles in the artifacts bucket, by folder or, once registered, by version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelfleet.registry.manifest import (
    BACKGROUND_FILE,
    CARD_FILE,
    JUDGED_ENCODING_FILE,
    JUDGED_FILES,
    JUDGED_MODEL_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    PROFILE_FILE,
    REPLAY_FILE,
    BundleManifest,
    Replay,
    read_background,
    read_encoding,
    verify,
)
from modelfleet.spec.errors import BundleError, ConflictError
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.encoding import RowEncoding


@dataclass(frozen=True)
class Bundle:
    """A manifest and its files."""

    manifest: BundleManifest
    files: Mapping[str, bytes]

    @property
    def model(self) -> bytes:
        """The exported served model."""
        return self.files[MODEL_FILE]

    @property
    def judged(self) -> tuple[RowEncoding, bytes]:
        """Encoding and export of the judged model; in older bundles, of the served one.

        Raises
        ------
        BundleError
            If a file of the judged model is absent or unreadable.
        """
        if self.manifest.judged is None:
            return self.manifest.encoding, self.model
        if absent := sorted(JUDGED_FILES - self.files.keys()):
            raise BundleError(
                f"{self.manifest.model} {self.manifest.version}: {', '.join(absent)} is missing"
            )
        return read_encoding(self.files[JUDGED_ENCODING_FILE]), self.files[JUDGED_MODEL_FILE]

    @property
    def size(self) -> int:
        """Size in bytes of the manifest and the files, except those that serving never reads."""
        return sum(map(len, self.served.values())) + len(self.manifest.to_json())

    @property
    def served(self) -> dict[str, bytes]:
        """The files without those of the judged model, which serving never reads."""
        return {name: self.files[name] for name in self.files if name not in JUDGED_FILES}


@dataclass(frozen=True)
class BundleStore:
    """Registered bundles of all models, immutable once written.

    Functions read only the files that they need; each is verified against the manifest. Readers
    raise `ObjectNotFoundError` if the file does not exist, and `BundleError` if it is altered or
    unreadable.
    """

    artifacts: ObjectStore

    def manifest(self, model: str, version: str) -> BundleManifest:
        """Read the manifest of a registered version."""
        key = f"{keys.bundle(model, version)}/{MANIFEST_FILE}"
        return parsed(key, self.artifacts.get(key).content, BundleManifest.parse)

    def bundle(self, model: str, version: str) -> Bundle:
        """Read a registered version with all its files."""
        return read_bundle(self.artifacts, keys.bundle(model, version))

    def file(self, manifest: BundleManifest, name: str) -> bytes:
        """Read and verify one file of a bundle."""
        folder = keys.bundle(manifest.model, manifest.version)
        content = self.artifacts.get(f"{folder}/{name}").content
        verify(manifest, {name: content})
        return content

    def profile(self, manifest: BundleManifest) -> ReferenceProfile | None:
        """Read the reference profile; `None` if the bundle has none."""
        if PROFILE_FILE not in manifest.files:
            return None
        return ReferenceProfile.parse(self.file(manifest, PROFILE_FILE))

    def replay(self, manifest: BundleManifest) -> Replay:
        """Read the held-out rows with their scores from training."""
        return Replay.parse(self.file(manifest, REPLAY_FILE))

    def background(self, manifest: BundleManifest) -> list[list[float]]:
        """Read the background rows of explanations, encoded, shape (rows, columns)."""
        rows: list[dict[str, Any]] = list(read_background(self.file(manifest, BACKGROUND_FILE)))
        return manifest.encoding.encode(rows)

    def card(self, manifest: BundleManifest) -> bytes:
        """Read the model card."""
        return self.file(manifest, CARD_FILE)

    def publish(self, bundle: Bundle) -> None:
        """Write a registered bundle, the manifest last; a retry completes a partial attempt.

        Raises
        ------
        BundleError
            If the version's folder already holds a different bundle.
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
                raise BundleError(f"{key} exists and differs; bundles are immutable") from error


def read_bundle(artifacts: ObjectStore, folder: str) -> Bundle:
    """Read and verify a complete bundle from any folder.

    Raises
    ------
    ObjectNotFoundError
        If the manifest or one of its files does not exist.
    BundleError
        If a file does not match its checksum.
    """
    manifest = BundleManifest.parse(artifacts.get(f"{folder}/{MANIFEST_FILE}").content)
    files = {name: artifacts.get(f"{folder}/{name}").content for name in manifest.files}
    verify(manifest, files)
    return Bundle(manifest, files)
