"""Gives a version its next share of the traffic."""

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import Mode, ReleasePointer, Signature, with_share
from modelfleet.release.lock import require_lock
from modelfleet.retraining.state import Phase, RetrainingState, TrialState
from modelfleet.retraining.trial import Outcome, TrialPlan
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage.object_store import ObjectStore


def shift_traffic(
    state: RetrainingState, store: ObjectStore, plan: TrialPlan, clock: Clock
) -> TrialState:
    """Give the version its next share, or return that all shares are done or it was rolled back.

    A model's first version has no champion to compare with and skips the shares. Idempotent.

    Raises
    ------
    ReleaseError
        If nothing is registered, another execution holds the lock, or another version is on trial.
    ConflictError
        If every attempt to write the pointer lost to another writer.
    """
    if state.registered is None or state.smoked is None:
        raise ReleaseError(f"{state.model}: the version has not passed its smoke test")
    require_lock(store, state)
    judgement = state.smoked.judgement
    if judgement is not None and judgement.outcome is Outcome.ROLL_BACK:
        return TrialState(phase=Phase.ROLL_BACK, share=0.0, reasons=judgement.reasons)
    version = state.registered.version
    before, done = pointer.current(store, state.model), state.trial
    step = done.step + 1 if done else 0
    seen = done.reasons if done else ()
    if before is None or before.champion == version:
        return _go_on(done, phase=Phase.FINISH, step=step, reasons=seen)
    if done is not None and before.challenger is None:
        reason = f"rolled back by {before.written_by}: {before.reason}"
        return _go_on(done, phase=Phase.ROLL_BACK, step=step, reasons=(reason,))
    if step >= len(plan.shares):
        return _go_on(done, phase=Phase.FINISH, step=step, reasons=seen)
    moved = _moved(state, store, version, plan.shares[step], clock)
    return _go_on(
        done,
        phase=Phase.WATCH,
        step=step,
        share=plan.shares[step],
        since=moved.written_at,
        wait_seconds=plan.wait_seconds,
    )


def _go_on(done: TrialState | None, **changes: object) -> TrialState:
    checks = done.checks if done else ()
    return TrialState.model_validate({"checks": checks, **changes})


def _moved(
    state: RetrainingState, store: ObjectStore, version: str, share: float, clock: Clock
) -> ReleasePointer:
    def change(current: ReleasePointer | None) -> ReleasePointer:
        if current is None:
            raise ReleaseError(f"{state.model}: the release pointer no longer exists")
        given = current.challenger
        if given and (given.version, given.share) == (version, share):
            return current
        signature = Signature(
            written_by=state.execution, written_at=clock(), reason=f"on trial at {share:.0%}"
        )
        return with_share(current, version, share, Mode.CANARY, signature)

    return pointer.move(store, state.model, change)
