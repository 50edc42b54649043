"""Ends a trial when its alarm goes off."""

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import ReleasePointer, Signature, rolled_back
from modelfleet.release.history import Announce, ReleaseRecord, keep, without_execution
from modelfleet.release.requests import TrialEnded
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage.object_store import ObjectStore


def end_trial(
    store: ObjectStore, model: str, alarm: str, clock: Clock, announce: Announce
) -> TrialEnded:
    """Remove the challenger; does nothing if there is none.

    The champion never changes, and a running execution detects that its trial has ended.

    Raises
    ------
    ConflictError
        If every attempt to write the pointer lost to another writer.
    """
    before, now = pointer.current(store, model), clock()
    if before is None or before.challenger is None:
        return TrialEnded(model=model)
    reason = f"rollback: alarm {alarm}"
    signature = Signature(written_by=alarm, written_at=now, reason=reason)

    def change(current: ReleasePointer | None) -> ReleasePointer:
        if current is None:
            raise ReleaseError(f"{model}: the release pointer no longer exists")
        return rolled_back(current, signature) if current.challenger else current

    after = pointer.move(store, model, change)
    if after.written_by != alarm:
        return TrialEnded(model=model)
    record = ReleaseRecord(
        model=model,
        execution=without_execution("alarm", now),
        written_at=now,
        by=alarm,
        outcome="rolled back",
        version=after.taken_back,
        champion=after.champion,
        reasons=(reason,),
    )
    keep(store, record, announce)
    return TrialEnded(model=model, taken_back=after.taken_back)
