"""Release lock: one execution at a time changes a model."""

from collections.abc import Callable
from datetime import datetime, timedelta

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import experiment_obstacle
from modelfleet.release.rollback import roll_back_execution
from modelfleet.retraining.approval import LONGEST_EXECUTION
from modelfleet.retraining.state import Locked, LockOutcome, RetrainingState, Trigger
from modelfleet.spec.document import Document
from modelfleet.spec.errors import ConflictError, ReleaseError
from modelfleet.storage import keys
from modelfleet.storage.documents import StoredDocument
from modelfleet.storage.object_store import ObjectStore

# Longer than the state machine's timeout, so that no lock expires during its execution.
HOLD = LONGEST_EXECUTION + timedelta(hours=1)
WAITS_MAXIMUM = 240
# Manual requests and new data wait for the lock; schedules and drift detection start again anyway.
_PATIENT = frozenset({Trigger.MANUAL, Trigger.DATA})
IsRunning = Callable[[str], bool]


class ReleaseLock(Document):
    """Content of `locks/<model>.json`; without a holder, the lock is free."""

    noun = "release lock"
    error = ReleaseError

    model: str
    holder: str | None = None
    holder_arn: str = ""
    trigger: str = ""
    taken_at: datetime
    expires_at: datetime


def take_lock(
    store: ObjectStore,
    state: RetrainingState,
    now: datetime,
    is_running: IsRunning,
    wait_seconds: int,
) -> Locked:
    """Acquire the model's lock, or return its holder; idempotent for the holder.

    The execution is refused while an experiment would keep its version from being released: a
    person ends it, possibly weeks later. A lock is taken over if it has expired or its holder is no
    longer running. The previous holder's changes to the release pointer are undone first.

    Parameters
    ----------
    store
        The artifacts bucket.
    state
        Data of the execution that requests the lock.
    now
        The current time.
    is_running
        Returns whether the execution with an ARN is still running.
    wait_seconds
        Time to wait before the next attempt, in seconds.
    """
    document = _document(store, state.model)
    stored = document.stored()
    lock = document.parsed(stored) if stored else None
    if lock is not None and lock.holder not in (None, state.execution):
        if now < lock.expires_at and is_running(lock.holder_arn):
            return _taken(state, lock, wait_seconds)
        roll_back_execution(
            store, state.model, str(lock.holder), now, "its execution no longer runs"
        )
    released = pointer.current(store, state.model)
    if (obstacle := experiment_obstacle(released, state.version)) is not None:
        return Locked(outcome=LockOutcome.REFUSED, reason=obstacle)
    mine = ReleaseLock(
        model=state.model,
        holder=state.execution,
        holder_arn=state.execution_arn,
        trigger=state.trigger,
        taken_at=now,
        expires_at=now + HOLD,
    )
    try:
        document.write(mine, stored)
    except ConflictError:
        return _taken(state, None, wait_seconds)
    return Locked(outcome=LockOutcome.HELD)


def require_lock(store: ObjectStore, state: RetrainingState) -> None:
    """Require that the execution still holds its model's lock.

    Raises
    ------
    ReleaseError
        If it does not, because another execution has taken over.
    """
    lock = _document(store, state.model).read()
    if lock is None or lock.holder != state.execution:
        holder = lock.holder if lock else None
        raise ReleaseError(
            f"{state.model}: this execution no longer holds the lock (holder: {holder or 'none'})"
        )


def holds_lock(store: ObjectStore, state: RetrainingState) -> bool:
    """Return whether the execution holds its model's lock."""
    lock = _document(store, state.model).read()
    return lock is not None and lock.holder == state.execution


def require_free(store: ObjectStore, model: str) -> None:
    """Require that no execution is changing a model.

    Raises
    ------
    ReleaseError
        If one is.
    """
    lock = _document(store, model).read()
    if lock is not None and lock.holder is not None:
        raise ReleaseError(
            f"execution {lock.holder} ({lock.trigger}) has been changing {model} since "
            f"{lock.taken_at:%Y-%m-%d %H:%M} UTC"
        )


def free_lock(store: ObjectStore, model: str, execution: str) -> None:
    """Release the lock if the execution holds it.

    Raises
    ------
    ConflictError
        If the lock has changed since it was read.
    """
    document = _document(store, model)
    stored = document.stored()
    if stored is None or (lock := document.parsed(stored)).holder != execution:
        return
    free = lock.model_copy(update={"holder": None, "holder_arn": "", "trigger": ""})
    document.write(free, stored)


def _taken(state: RetrainingState, lock: ReleaseLock | None, wait_seconds: int) -> Locked:
    who = f"execution {lock.holder} ({lock.trigger})" if lock else "another execution"
    waits = state.locked.waits + 1 if state.locked else 1
    patient = state.trigger in _PATIENT and waits <= WAITS_MAXIMUM
    return Locked(
        outcome=LockOutcome.WAIT if patient else LockOutcome.REFUSED,
        reason=f"{who} is changing {state.model}",
        waits=waits,
        wait_seconds=wait_seconds,
    )


def _document(store: ObjectStore, model: str) -> StoredDocument[ReleaseLock]:
    return StoredDocument(store, keys.release_lock(model), ReleaseLock.parse)
