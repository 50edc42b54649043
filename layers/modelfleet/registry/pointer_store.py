"""Read and move a model's release pointer, never over a change that was not read."""

from collections.abc import Callable

from modelfleet.registry.bundle_store import manifest_of
from modelfleet.registry.pointer import ReleasePointer, read_pointer
from modelfleet.spec.errors import BundleError, ConflictError, ObjectNotFoundError, ReleaseError
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore, StoredObject

ATTEMPTS = 5

Move = Callable[[ReleasePointer | None], ReleasePointer]


def current(store: ObjectStore, model: str) -> ReleasePointer | None:
    """What is released, or nothing.

    Raises
    ------
    ReleaseError
        If the pointer is unreadable.
    """
    return _read(store, model)[0]


def read(model: str, content: bytes) -> ReleasePointer:
    """Parse a model's pointer.

    Raises
    ------
    ReleaseError
        If it is none, or another model's; the text names the object and what restores it.
    """

    def parse(content: bytes) -> ReleasePointer:
        found = read_pointer(content)
        if found.model != model:
            raise ReleaseError(f"it is of the model {found.model!r}")
        return found

    remedy = f"restore the last good one with: fleet rollback {model} --restore"
    return parsed(keys.release_pointer(model), content, parse, remedy)


def restore(store: ObjectStore, pointer: ReleasePointer) -> None:
    """Write a pointer in the place of one that is unreadable or gone.

    Raises
    ------
    ReleaseError
        If there is one that can be read.
    BundleError
        If it names a version without a bundle of its own.
    ConflictError
        If others wrote it meanwhile.
    """
    stored = _stored(store, pointer.model)
    if stored is not None and _is_readable(pointer.model, stored):
        raise ReleaseError(
            f"{keys.release_pointer(pointer.model)} can be read, so there is nothing to restore"
        )
    _check_bundles(store, pointer)
    _write(store, pointer, stored)


def _is_readable(model: str, stored: StoredObject) -> bool:
    try:
        read(model, stored.content)
    except ReleaseError:
        return False
    return True


def move(store: ObjectStore, model: str, change: Move) -> ReleasePointer:
    """Change the pointer by one conditional write; a lost race is read anew and started over.

    Parameters
    ----------
    store
        The artifacts bucket.
    model
        The model's name.
    change
        Makes the new pointer of what is read; where it answers the same, nothing is written.

    Raises
    ------
    BundleError
        If the new pointer names a version without a bundle of its own.
    ConflictError
        If others kept writing the pointer.
    """
    for _ in range(ATTEMPTS):
        before, stored = _read(store, model)
        pointer = change(before)
        if pointer == before:
            return pointer
        _check_bundles(store, pointer)
        try:
            _write(store, pointer, stored)
        except ConflictError:
            continue
        return pointer
    raise ConflictError(f"{model}: the release pointer changed {ATTEMPTS} times while being moved")


def _read(store: ObjectStore, model: str) -> tuple[ReleasePointer | None, StoredObject | None]:
    stored = _stored(store, model)
    return (None, None) if stored is None else (read(model, stored.content), stored)


def _stored(store: ObjectStore, model: str) -> StoredObject | None:
    try:
        return store.get(keys.release_pointer(model))
    except ObjectNotFoundError:
        return None


def _write(store: ObjectStore, pointer: ReleasePointer, read: StoredObject | None) -> None:
    key, content = keys.release_pointer(pointer.model), pointer.model_dump_json(indent=2).encode()
    if read is None:
        store.create(key, content)
    else:
        store.replace(key, content, read.etag)


def _check_bundles(store: ObjectStore, pointer: ReleasePointer) -> None:
    """A pointer never names a version that no predict function could load."""
    _check_bundle(store, pointer.model, pointer.champion)
    if pointer.challenger is not None:
        _check_bundle(store, pointer.model, pointer.challenger.version)


def _check_bundle(store: ObjectStore, model: str, version: str) -> None:
    try:
        manifest = manifest_of(store, model, version)
    except ObjectNotFoundError as error:
        raise BundleError(f"{model} {version} has no bundle, it cannot serve") from error
    if (manifest.model, manifest.version) != (model, version):
        raise BundleError(
            f"{model} {version}: its bundle is of {manifest.model} {manifest.version}"
        )
