"""Promotes a version to all traffic, and manual rollback and restore."""

from collections.abc import Callable
from datetime import datetime

from modelfleet.evaluation.gate import Decision
from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import ReleasePointer, Signature, promoted, rolled_back
from modelfleet.release.history import Announce, ReleaseRecord, keep, without_execution
from modelfleet.release.lock import require_lock
from modelfleet.release.requests import RestoreRequest, RollbackRequest
from modelfleet.retraining.state import Released, RetrainingState
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage.object_store import ObjectStore

Clock = Callable[[], datetime]


def release(store: ObjectStore, state: RetrainingState, clock: Clock) -> Released:
    """Let a registered version take all traffic; asked again, answer the same.

    Parameters
    ----------
    store
        The artifacts bucket.
    state
        The retraining's data after the last look.
    clock
        The time to sign with.

    Raises
    ------
    ReleaseError
        If there is nothing registered, the gate did not promote it, another execution holds the
        lock, or the version was taken back meanwhile.
    BundleError
        If the version has no bundle of its own.
    ConflictError
        If others kept writing the pointer.
    """
    version, reason = _promoted(state)
    require_lock(store, state)

    def change(current: ReleasePointer | None) -> ReleasePointer:
        if current and (current.champion, current.challenger) == (version, None):
            return current
        if current and (current.challenger is None or current.challenger.version != version):
            raise ReleaseError(f"{state.model} {version} is not on trial: {current.reason}")
        signature = Signature(written_by=state.execution, written_at=clock(), reason=reason)
        return promoted(current, state.model, version, signature)

    return _answer(pointer.move(store, state.model, change))


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
    done = []

    def change(current: ReleasePointer | None) -> ReleasePointer:
        if current is None:
            raise ReleaseError(f"{request.model}: nothing is released yet")
        # Asked a second time, a rollback must not bring the bad version back.
        if request.champion not in (None, current.champion):
            return current
        done.append(rolled_back(current, signature, request.to))
        return done[-1]

    after = pointer.move(store, request.model, change)
    if done:
        keep(store, _record(request, after, now), announce)
    return _answer(after)


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
    return _answer(after)


def _promoted(state: RetrainingState) -> tuple[str, str]:
    if state.registered is None:
        raise ReleaseError(f"{state.model}: a release needs a registered version")
    if state.version is not None:
        return state.registered.version, "requested manually"
    if state.evaluated is None:
        raise ReleaseError(f"{state.model}: a release needs an evaluated version")
    verdict = state.evaluated.verdict
    if verdict.decision is not Decision.PROMOTE:
        raise ReleaseError(f"{state.model}: the gate decided to {verdict.decision}, not to promote")
    return state.registered.version, "; ".join(verdict.reasons)


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


def _answer(after: ReleasePointer) -> Released:
    return Released(champion=after.champion, previous=after.previous)
