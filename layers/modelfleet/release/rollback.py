"""Rolls back: manually, after a failed execution, and to the last readable pointer."""

from datetime import datetime

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import ReleasePointer, Signature, rolled_back
from modelfleet.release.history import Announce, ReleaseRecord, keep, without_execution
from modelfleet.release.requests import RestoreRequest, RollbackRequest, Seen
from modelfleet.retraining.state import Released
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ConflictError, ReleaseError
from modelfleet.storage.object_store import ObjectStore


def roll_back(
    store: ObjectStore, request: RollbackRequest, clock: Clock, announce: Announce
) -> Released:
    """End the trial, or roll back to the previous champion or to a given version.

    It does not need the lock: a running execution detects that its trial has ended, and ends too.

    Raises
    ------
    ReleaseError
        If nothing is released, or there is no version to roll back to.
    BundleError
        If that version's bundle no longer exists.
    ConflictError
        If other versions serve than the person saw, or every attempt to write the pointer lost to
        another writer.
    """
    now = clock()
    signature = Signature(
        written_by=request.by, written_at=now, reason=f"rollback: {request.reason}"
    )

    def change(current: ReleasePointer | None) -> ReleasePointer:
        if current is None:
            raise ReleaseError(f"{request.model}: nothing is released yet")
        if request.seen not in (None, Seen.of(current)):
            raise ConflictError(
                f"{request.model}: {current.written_by} changed the release first "
                f"({current.reason}); nothing was done"
            )
        # A repeated request must not roll back to the bad version.
        if request.champion not in (None, current.champion):
            return current
        return rolled_back(current, signature, request.to)

    after = pointer.move(store, request.model, change)
    if after.written_at == now:
        keep(store, _record(request, after, now), announce)
    return Released(champion=after.champion, previous=after.previous)


def restore(
    store: ObjectStore, request: RestoreRequest, clock: Clock, announce: Announce
) -> Released:
    """Restore the versions of the last readable pointer, without its trial.

    Raises
    ------
    ReleaseError
        If the current pointer is readable, or the given one belongs to another model.
    BundleError
        If the bundle of one of its versions no longer exists.
    ConflictError
        If the pointer has changed since it was read.
    """
    if request.pointer.model != request.model:
        raise ReleaseError(f"{request.model}: the pointer belongs to {request.pointer.model}")
    now = clock()
    signature = Signature(
        written_by=request.by, written_at=now, reason=f"restored: {request.reason}"
    )
    ended = {"challenger": None, "trial_since": None}
    after = request.pointer.model_copy(update={**ended, **signature.model_dump()})
    pointer.restore(store, after)
    record = ReleaseRecord(
        model=request.model,
        execution=without_execution("hand", now),
        written_at=now,
        by=request.by,
        outcome="restored",
        version=after.champion,
        champion=after.champion,
        reasons=(request.reason,),
    )
    keep(store, record, announce)
    return Released(champion=after.champion, previous=after.previous)


def _record(request: RollbackRequest, after: ReleasePointer, now: datetime) -> ReleaseRecord:
    return ReleaseRecord(
        model=request.model,
        execution=without_execution("hand", now),
        written_at=now,
        by=request.by,
        outcome="rolled back",
        version=after.taken_back,
        champion=after.champion,
        reasons=(request.reason,),
    )


def roll_back_execution(
    store: ObjectStore, model: str, execution: str, now: datetime, reason: str
) -> str | None:
    """Roll back the version that an execution gave a share or all traffic, and return it.

    Does nothing if it was already rolled back, or the pointer has been moved by others since. A
    model's first version stays, because there is no version to roll back to.

    Raises
    ------
    ConflictError
        If every attempt to write the pointer lost to another writer.
    """
    signature = Signature(written_by=execution, written_at=now, reason=f"rollback: {reason}")
    before = pointer.current(store, model)
    if before is None or not _has_moved(before, execution):
        return None

    def change(current: ReleasePointer | None) -> ReleasePointer:
        if current is None:
            raise ReleaseError(f"{model}: the release pointer no longer exists")
        return rolled_back(current, signature) if _has_moved(current, execution) else current

    after = pointer.move(store, model, change)
    return after.taken_back if after != before else None


def _has_moved(current: ReleasePointer, execution: str) -> bool:
    if current.written_by != execution or current.reason.startswith("rollback: "):
        return False
    return current.challenger is not None or current.previous is not None
