"""Starts an experiment (A/B test, shadow, or bandit) that runs until a person ends it."""

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
    """Run a version next to the champion; a second call only updates its share and mode.

    Raises
    ------
    ReleaseError
        If an execution is changing the model, no version is released yet, the version is the
        champion, or another version is on trial.
    BundleError
        If the version has no bundle.
    ConflictError
        If every attempt to write the pointer lost to another writer.
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
