"""Reading and moving a model's release pointer."""

from collections.abc import Callable
from functools import partial

from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.spec.errors import BundleError, ObjectNotFoundError, ReleaseError
from modelfleet.spec.names import quoted
from modelfleet.storage import keys
from modelfleet.storage.documents import StoredDocument
from modelfleet.storage.object_store import ObjectStore, StoredObject

Move = Callable[[ReleasePointer | None], ReleasePointer]


def current(store: ObjectStore, model: str) -> ReleasePointer | None:
    """Return the current pointer, or `None` if nothing is released.

    Raises
    ------
    ReleaseError
        If the pointer is unreadable.
    """
    return _document(store, model).read()


def read(model: str, content: bytes) -> ReleasePointer:
    """Parse a model's pointer.

    Raises
    ------
    ReleaseError
        If it is not a release pointer, or belongs to another model.
    """
    pointer = ReleasePointer.parse(content)
    if pointer.model != model:
        raise ReleaseError(f"it belongs to model {quoted(pointer.model)}")
    return pointer


def restore(store: ObjectStore, pointer: ReleasePointer) -> None:
    """Replace a pointer that is missing or unreadable.

    Raises
    ------
    ReleaseError
        If the current pointer is readable.
    BundleError
        If the new pointer names a version without a valid bundle.
    ConflictError
        If another writer changed the pointer in the meantime.
    """
    document = _document(store, pointer.model)
    stored = document.stored()
    if stored is not None and _is_readable(pointer.model, stored):
        raise ReleaseError(
            f"{keys.release_pointer(pointer.model)} is readable; there is nothing to restore"
        )
    _check_bundles(store, pointer)
    document.write(pointer, stored)


def _is_readable(model: str, stored: StoredObject) -> bool:
    try:
        read(model, stored.content)
    except ReleaseError:
        return False
    return True


def move(store: ObjectStore, model: str, change: Move) -> ReleasePointer:
    """Change the pointer by a conditional write; retry from the read after a conflict.

    Parameters
    ----------
    store
        Artifacts bucket.
    model
        Name of the model.
    change
        Maps the current pointer to the next one; if both are equal, nothing is written.

    Raises
    ------
    BundleError
        If the new pointer names a version without a valid bundle.
    ConflictError
        If concurrent writers keep changing the pointer.
    """

    def checked(before: ReleasePointer | None) -> ReleasePointer:
        pointer = change(before)
        if pointer != before:
            _check_bundles(store, pointer)
        return pointer

    return _document(store, model).change(checked)


def _document(store: ObjectStore, model: str) -> StoredDocument[ReleasePointer]:
    remedy = f"restore the last good one with: fleet rollback {model} --restore"
    return StoredDocument(store, keys.release_pointer(model), partial(read, model), remedy)


def _check_bundles(store: ObjectStore, pointer: ReleasePointer) -> None:
    """Ensure that every version that the pointer names can be loaded."""
    _check_bundle(store, pointer.model, pointer.champion)
    if pointer.challenger is not None:
        _check_bundle(store, pointer.model, pointer.challenger.version)


def _check_bundle(store: ObjectStore, model: str, version: str) -> None:
    try:
        manifest = BundleStore(store).manifest(model, version)
    except ObjectNotFoundError as error:
        raise BundleError(f"{model} {version} has no bundle and cannot serve") from error
    if (manifest.model, manifest.version) != (model, version):
        raise BundleError(
            f"{model} {version}: its bundle belongs to {manifest.model} {manifest.version}"
        )
