"""Move a model's release pointer, never over a change that was not read."""

from collections.abc import Callable
from datetime import datetime

from modelfleet.domain import keys
from modelfleet.domain.bundle import MANIFEST_FILE, read_manifest
from modelfleet.domain.errors import (
    BundleError,
    ConflictError,
    ObjectNotFoundError,
    ReleaseError,
)
from modelfleet.domain.gate import Decision
from modelfleet.domain.messages import Released, RetrainingState, RollbackRequest
from modelfleet.domain.ports import ObjectStore, StoredObject
from modelfleet.domain.release import (
    ReleasePointer,
    Signature,
    promote,
    read_pointer,
    roll_back,
)

ATTEMPTS = 5

Move = Callable[[ReleasePointer | None], ReleasePointer]
Clock = Callable[[], datetime]


def release(store: ObjectStore, state: RetrainingState, clock: Clock) -> Released:
    """Let a registered version serve, if the gate said so; asked again, answer the same.

    Parameters
    ----------
    store
        The artifacts bucket.
    state
        The retraining's data after `evaluate` and `register`.
    clock
        The time to sign with.

    Raises
    ------
    ReleaseError
        If there is nothing registered, or the gate blocked it.
    BundleError
        If the version has no bundle of its own.
    ConflictError
        If others kept writing the pointer.
    """
    version, reason = _registered(state)
    if not _may_serve(state):
        return _answer(_kept(store, state.model))

    def move(current: ReleasePointer | None) -> ReleasePointer:
        if current and (current.champion, current.challenger) == (version, None):
            return current
        signature = Signature(written_by=state.execution, written_at=clock(), reason=reason)
        return promote(current, state.model, version, signature)

    return _answer(_moved(store, state.model, move))


def take_back(store: ObjectStore, request: RollbackRequest, clock: Clock) -> Released:
    """Let the version before the champion serve again, or end a challenger's share.

    Raises
    ------
    ReleaseError
        If nothing is released, or there is no version to go back to.
    BundleError
        If that version has no bundle any more.
    ConflictError
        If others kept writing the pointer.
    """

    def move(current: ReleasePointer | None) -> ReleasePointer:
        if current is None:
            raise ReleaseError(f"{request.model}: nothing is released yet")
        # Asked a second time, a rollback must not bring the bad version back.
        if request.champion not in (None, current.champion):
            return current
        signature = Signature(
            written_by=request.by, written_at=clock(), reason=f"rollback: {request.reason}"
        )
        return roll_back(current, signature)

    return _answer(_moved(store, request.model, move))


def _registered(state: RetrainingState) -> tuple[str, str]:
    if state.registered is None or state.evaluated is None:
        raise ReleaseError(f"{state.model}: a release needs an evaluated and registered version")
    return state.registered.version, "; ".join(state.evaluated.verdict.reasons)


def _may_serve(state: RetrainingState) -> bool:
    decision = state.evaluated.verdict.decision if state.evaluated else Decision.BLOCK
    if decision is Decision.BLOCK:
        raise ReleaseError(f"{state.model}: the gate blocked this candidate")
    return decision is Decision.PROMOTE


def _kept(store: ObjectStore, model: str) -> ReleasePointer:
    current, _ = _read(store, model)
    if current is None:
        raise ReleaseError(f"{model}: the gate kept a champion that is not released")
    return current


def _moved(store: ObjectStore, model: str, move: Move) -> ReleasePointer:
    for _ in range(ATTEMPTS):
        current, stored = _read(store, model)
        pointer = move(current)
        if pointer == current:
            return pointer
        _check_bundle(store, pointer)
        try:
            _write(store, pointer, stored)
        except ConflictError:
            continue
        return pointer
    raise ConflictError(f"{model}: the release pointer changed {ATTEMPTS} times while being moved")


def _read(store: ObjectStore, model: str) -> tuple[ReleasePointer | None, StoredObject | None]:
    try:
        stored = store.get(keys.release_pointer(model))
    except ObjectNotFoundError:
        return None, None
    return read_pointer(stored.content), stored


def _write(store: ObjectStore, pointer: ReleasePointer, read: StoredObject | None) -> None:
    key, content = keys.release_pointer(pointer.model), pointer.model_dump_json(indent=2).encode()
    if read is None:
        store.create(key, content)
    else:
        store.replace(key, content, read.etag)


def _check_bundle(store: ObjectStore, pointer: ReleasePointer) -> None:
    """A pointer never names a version that no predict function could load."""
    name = f"{pointer.model} {pointer.champion}"
    folder = keys.bundle(pointer.model, pointer.champion)
    try:
        manifest = read_manifest(store.get(f"{folder}/{MANIFEST_FILE}").content)
    except ObjectNotFoundError as error:
        raise BundleError(f"{name} has no bundle, it cannot serve") from error
    if (manifest.model, manifest.version) != (pointer.model, pointer.champion):
        raise BundleError(f"{name}: its bundle is of {manifest.model} {manifest.version}")


def _answer(pointer: ReleasePointer) -> Released:
    return Released(champion=pointer.champion, previous=pointer.previous)
