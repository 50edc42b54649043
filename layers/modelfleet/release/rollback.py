"""Rolls back: by hand, after a failed execution, and to the last readable pointer."""

from datetime import datetime

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import ReleasePointer, Signature, rolled_back
from modelfleet.release.history import Announce, ReleaseRecord, keep, without_execution
from modelfleet.release.requests import RestoreRequest, RollbackRequest
from modelfleet.retraining.state import Released
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage.object_store import ObjectStore


def roll_back(
    store: ObjectStore, request: RollbackRequest, clock: Clock, announce: Announce
) -> Released:
    """Let the version before the champion serve again, or a named one, or end a trial.

    It asks for no lock: an execution that runs finds its trial ended, and ends too.

    Raises
    ------
    ReleaseError
        If nothing is released, or there is no version to go back to.
    BundleError
        If that version has no bundle any more.
    ConflictError
        If others kept writing the pointer.
    """
    now = clock()
    signature = Signature(
        written_by=request.by, written_at=now, reason=f"rollback: {request.reason}"
    )

    def change(current: ReleasePointer | None) -> ReleasePointer:
        if current is None:
            raise ReleaseError(f"{request.model}: nothing is released yet")
        # Asked a second time, a rollback must not bring the bad version back.
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
    """Let what served by the last readable pointer serve again; a trial that it knew has ended.

    Raises
    ------
    ReleaseError
        If the pointer that is there can be read, or the one that is given is another model's.
    BundleError
        If a version that it names has no bundle any more.
    ConflictError
        If others wrote it meanwhile.
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
    """Take back the version that an execution gave a share, or all traffic, and answer which.

    Done a second time, or where a person has moved the pointer since, nothing happens. A first
    version stays: there is nothing to go back to.

    Raises
    ------
    ConflictError
        If others kept writing the pointer.
    """
    signature = Signature(written_by=execution, written_at=now, reason=f"rollback: {reason}")
    before = pointer.current(store, model)
    if before is None or not _has_moved(before, execution):
        return None

    def change(current: ReleasePointer | None) -> ReleasePointer:
        if current is None:
            raise ReleaseError(f"{model}: there is no release pointer any more")
        return rolled_back(current, signature) if _has_moved(current, execution) else current

    after = pointer.move(store, model, change)
    return after.taken_back if after != before else None


def _has_moved(current: ReleasePointer, execution: str) -> bool:
    if current.written_by != execution or current.reason.startswith("rollback: "):
        return False
    return current.challenger is not None or current.previous is not None
