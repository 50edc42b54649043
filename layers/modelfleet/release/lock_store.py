"""One execution at a time changes a model; what a dead one left is undone before the next."""

from collections.abc import Callable
from datetime import datetime, timedelta

from modelfleet.release.lock import ReleaseLock, read_lock
from modelfleet.release.rollback import undo
from modelfleet.retraining.state import Locked, LockOutcome, RetrainingState, Trigger
from modelfleet.spec.errors import ConflictError, ObjectNotFoundError, ReleaseError
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore, StoredObject

# Longer than any execution may last, which the state machine's own time limit sees to.
HOLD = timedelta(hours=13)
WAITS_MAXIMUM = 240
# A person, or data that has just arrived, is worth waiting for; the clock and the monitors ask
# again by themselves.
_PATIENT = frozenset({Trigger.MANUAL, Trigger.DATA})

IsRunning = Callable[[str], bool]


def take_lock(
    store: ObjectStore,
    state: RetrainingState,
    now: datetime,
    is_running: IsRunning,
    wait_seconds: int,
) -> Locked:
    """Take the model's lock, or say who holds it; asked again by its holder, answer the same.

    A lock whose holder runs no more, or which is older than any execution may be, is taken over,
    after what the dead execution did to the pointer is undone.

    Parameters
    ----------
    store
        The artifacts bucket.
    state
        The machine's data: who asks.
    now
        The time.
    is_running
        Whether an execution, by its ARN, still runs.
    wait_seconds
        How long to wait before asking again.
    """
    lock, stored = _read(store, state.model)
    if lock is not None and lock.holder not in (None, state.execution):
        if now < lock.expires_at and is_running(lock.holder_arn):
            return _taken(state, lock, wait_seconds)
        undo(store, state.model, str(lock.holder), now, "its execution is dead")
    mine = ReleaseLock(
        model=state.model,
        holder=state.execution,
        holder_arn=state.execution_arn,
        trigger=state.trigger,
        taken_at=now,
        expires_at=now + HOLD,
    )
    try:
        _write(store, mine, stored)
    except ConflictError:
        return _taken(state, None, wait_seconds)
    return Locked(outcome=LockOutcome.HELD)


def require_lock(store: ObjectStore, state: RetrainingState) -> None:
    """Make sure that the execution still holds its model's lock.

    Raises
    ------
    ReleaseError
        If it does not: another execution has taken over.
    """
    lock, _ = _read(store, state.model)
    if lock is None or lock.holder != state.execution:
        holder = lock.holder if lock else None
        raise ReleaseError(f"{state.model}: {holder or 'nobody'} holds the lock by now, not this")


def holds_lock(store: ObjectStore, state: RetrainingState) -> bool:
    """Whether the execution holds its model's lock."""
    lock, _ = _read(store, state.model)
    return lock is not None and lock.holder == state.execution


def require_free(store: ObjectStore, model: str) -> None:
    """Make sure that no execution is changing a model.

    Raises
    ------
    ReleaseError
        If one is.
    """
    lock, _ = _read(store, model)
    if lock is not None and lock.holder is not None:
        raise ReleaseError(
            f"execution {lock.holder} ({lock.trigger}) is changing {model} since {lock.taken_at:%c}"
        )


def free_lock(store: ObjectStore, model: str, execution: str) -> None:
    """Let the next one in; a lock that others hold, or nobody, is left as it is."""
    lock, stored = _read(store, model)
    if lock is None or stored is None or lock.holder != execution:
        return
    free = lock.model_copy(update={"holder": None, "holder_arn": "", "trigger": ""})
    _write(store, free, stored)


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


def _read(store: ObjectStore, model: str) -> tuple[ReleaseLock | None, StoredObject | None]:
    try:
        stored = store.get(keys.release_lock(model))
    except ObjectNotFoundError:
        return None, None
    return parsed(keys.release_lock(model), stored.content, read_lock), stored


def _write(store: ObjectStore, lock: ReleaseLock, read: StoredObject | None) -> None:
    key, content = keys.release_lock(lock.model), lock.model_dump_json(indent=2).encode()
    if read is None:
        store.create(key, content)
    else:
        store.replace(key, content, read.etag)
