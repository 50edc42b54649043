"""Read a stored object, so that what is wrong with it names it and says what to do."""

from collections.abc import Callable
from typing import TypeVar

from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest, read_manifest
from modelfleet.spec.errors import ModelfleetError
from modelfleet.storage import keys
from modelfleet.storage.ports import ObjectStore

Document = TypeVar("Document")


def parsed(
    key: str, content: bytes, parse: Callable[[bytes], Document], remedy: str | None = None
) -> Document:
    """Parse the content of an object of the artifacts bucket.

    Raises
    ------
    ModelfleetError
        As `parse` raises it, with the object's key and what to do.
    """
    try:
        return parse(content)
    except ModelfleetError as error:
        advice = remedy or keys.restore_hint("ARTIFACTS_BUCKET", key)
        raise type(error)(f"{key} cannot be read: {error}; {advice}") from error


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
    return parsed(key, store.get(key).content, read_manifest)
