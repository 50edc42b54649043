"""Starts an A/B test, a shadow, or a bandit, which a person ends."""

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import ReleasePointer, Signature, with_share
from modelfleet.release.history import Announce, ReleaseRecord, keep, without_execution
from modelfleet.release.lock import require_free
from modelfleet.release.requests import ExperimentRequest
from modelfleet.retraining.state import Released
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage.object_store import ObjectStore


def start_experiment(
    store: ObjectStore, request: ExperimentRequest, clock: Clock, announce: Announce
) -> Released:
    """Let a version run beside the champion; asked again, only its share and mode change.

    Raises
    ------
    ReleaseError
        If an execution is changing the model, nothing serves yet, the version is the champion, or
        another one has a share.
    BundleError
        If the version has no bundle.
    ConflictError
        If others kept writing the pointer.
    """
    require_free(store, request.model)
    reason = f"{request.mode} at {request.share:.0%}"
    now = clock()
    signature = Signature(written_by=request.by, written_at=now, reason=reason)

    def change(current: ReleasePointer | None) -> ReleasePointer:
        if current is None:
            raise ReleaseError(f"{request.model}: no champion to compare with")
        return with_share(current, request.version, request.share, request.mode, signature)

    after = pointer.move(store, request.model, change)
    record = ReleaseRecord(
        model=request.model,
        execution=without_execution("hand", now),
        written_at=now,
        by=request.by,
        outcome="on trial",
        version=request.version,
        champion=after.champion,
        reasons=(reason,),
    )
    keep(store, record, announce)
    return Released(champion=after.champion, previous=after.previous)
