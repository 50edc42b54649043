"""Ends an execution: write the record, release the lock, roll back if it failed."""

from datetime import datetime

from modelfleet.evaluation.gate import Decision
from modelfleet.registry import pointer_store as pointer
from modelfleet.release.approval import close
from modelfleet.release.history import Announce, ReleaseRecord, keep
from modelfleet.release.lock import free_lock, holds_lock
from modelfleet.release.rollback import roll_back_execution
from modelfleet.retraining.approval import ApprovalOutcome
from modelfleet.retraining.state import Closed, Phase, RetrainingState
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ObjectNotFoundError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

RELEASED = "released"
KEPT = "kept"
UNCHANGED = "unchanged"
REJECTED = "rejected"
BLOCKED = "blocked"
ROLLED_BACK = "rolled back"
FAILED = "failed"


def finish(state: RetrainingState, store: ObjectStore, clock: Clock, announce: Announce) -> Closed:
    """End a successful execution; idempotent.

    The release is final from here on.
    """
    outcome = _good_end(state)
    _finish(state, store, announce, _record(state, store, clock(), outcome, _reasons(state)))
    return Closed(outcome=outcome)


def clean_up(
    state: RetrainingState, store: ObjectStore, clock: Clock, announce: Announce
) -> Closed:
    """End an execution that failed, was blocked, or whose version was judged to be worse.

    Its changes to the pointer are undone, unless the pointer has been moved by others since.
    """
    now, outcome = clock(), _bad_end(state)
    reasons = (state.failure.cause,) if state.failure else ()
    taken_back = None
    if holds_lock(store, state):
        taken_back = roll_back_execution(
            store, state.model, state.execution, now, "; ".join(reasons)
        )
    _finish(state, store, announce, _record(state, store, now, outcome, reasons))
    return Closed(outcome=outcome, taken_back=taken_back)


def _finish(
    state: RetrainingState, store: ObjectStore, announce: Announce, record: ReleaseRecord
) -> None:
    """Write the record while the lock is held, so that a retry still holds the lock.

    An execution that lost the lock, or never held it, writes its record only once.
    """
    held = holds_lock(store, state)
    if not held and _has_record(store, state):
        return
    keep(store, record, announce)
    close(store, state.model, state.execution, record.written_at)
    if held:
        _remember_data(state, store, record.outcome)
        free_lock(store, state.model, state.execution)


def _has_record(store: ObjectStore, state: RetrainingState) -> bool:
    try:
        store.get(keys.release_record(state.model, state.execution))
    except ObjectNotFoundError:
        return False
    return True


def _record(
    state: RetrainingState,
    store: ObjectStore,
    now: datetime,
    outcome: str,
    reasons: tuple[str, ...],
) -> ReleaseRecord:
    released = pointer.current(store, state.model)
    return ReleaseRecord(
        model=state.model,
        execution=state.execution,
        written_at=now,
        by=state.by or state.trigger,
        outcome=outcome,
        version=state.registered.version if state.registered else None,
        champion=released.champion if released else None,
        reasons=reasons,
        approval=state.approval,
        held_out=state.smoked.judgement if state.smoked else None,
        checks=state.trial.checks if state.trial else (),
    )


def _remember_data(state: RetrainingState, store: ObjectStore, outcome: str) -> None:
    """Record the rows as trained on, except after a failure, which may be retried on them."""
    prepared = state.prepared
    if outcome in (FAILED, UNCHANGED) or prepared is None or not prepared.code_version:
        return
    key = keys.trained(state.model, prepared.dataset_version, prepared.code_version)
    store.put(key, f"execution {state.execution}, {outcome}".encode())


def _good_end(state: RetrainingState) -> str:
    if state.released is not None:
        return RELEASED
    if _is_rejected(state):
        return REJECTED
    return UNCHANGED if state.prepared and state.prepared.unchanged else KEPT


def _reasons(state: RetrainingState) -> tuple[str, ...]:
    if state.prepared and state.prepared.unchanged:
        return (state.prepared.unchanged,)
    verdict = state.evaluated.verdict.reasons if state.evaluated else ()
    decided = (state.approval.words,) if state.approval else ()
    return (*verdict, *decided, *(state.trial.reasons if state.trial else ()))


def _is_rejected(state: RetrainingState) -> bool:
    return state.approval is not None and state.approval.outcome is not ApprovalOutcome.APPROVED


def _bad_end(state: RetrainingState) -> str:
    if state.evaluated and state.evaluated.verdict.decision is Decision.BLOCK:
        return BLOCKED
    if state.trial and state.trial.phase is Phase.ROLL_BACK:
        return ROLLED_BACK
    return FAILED
