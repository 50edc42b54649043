"""Rolls back what a failed execution did to the pointer."""

from datetime import datetime

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import ReleasePointer, Signature, rolled_back
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage.object_store import ObjectStore


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
