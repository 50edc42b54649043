"""Promotes a version to all traffic."""

from modelfleet.evaluation.gate import Decision
from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import ReleasePointer, Signature, promoted
from modelfleet.release.lock import require_lock
from modelfleet.retraining.state import Released, RetrainingState
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage.object_store import ObjectStore


def promote(store: ObjectStore, state: RetrainingState, clock: Clock) -> Released:
    """Promote a registered version to all traffic; idempotent.

    Parameters
    ----------
    store
        The artifacts bucket.
    state
        The retraining's data after the last judgment.
    clock
        Returns the time of the signature.

    Raises
    ------
    ReleaseError
        If no version is registered, the gate did not promote it, another execution holds the lock,
        or the version has been rolled back.
    BundleError
        If the version has no bundle.
    ConflictError
        If every attempt to write the pointer lost to another writer.
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

    after = pointer.move(store, state.model, change)
    return Released(champion=after.champion, previous=after.previous)


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
