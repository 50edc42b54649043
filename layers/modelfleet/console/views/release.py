"""The release of a model: what waits for approval, what is in flight, and what a person may do."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelfleet.console.views.condition import Condition, condition
from modelfleet.console.views.documents import Documents
from modelfleet.registry import pointer_store
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.release.approval import PendingApproval
from modelfleet.release.history import ReleaseRecord
from modelfleet.release.lock import require_free
from modelfleet.release.progress import ReleaseProgress, progress
from modelfleet.release.requests import DecisionRequest, RollbackRequest, Seen
from modelfleet.retraining.approval import ApprovalOutcome
from modelfleet.retraining.state import RetrainingRequest
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ConflictError, ReleaseError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore

_SHOWN = 50
_NAME_LENGTH = 16


class Releases(Protocol):
    """Sends requests as the command line does."""

    def ask(self, request: DecisionRequest | RollbackRequest) -> None:
        """Send a request to the release function.

        Raises
        ------
        ConflictError
            If the function refuses it; the message says why.
        UnavailableError
            If the function cannot be reached.
        """

    def retrain(self, request: RetrainingRequest, name: str) -> None:
        """Start an execution of the retraining state machine.

        Raises
        ------
        ConflictError
            If there is an execution of that name with another request.
        UnavailableError
            If the service cannot be reached.
        """


@dataclass(frozen=True)
class ReleasePage:
    """A model's release. `waiting` waits for a decision; `moving` is the version on trial."""

    condition: Condition
    pointer: ReleasePointer | None
    waiting: PendingApproval | None
    moving: ReleaseProgress | None
    records: Sequence[ReleaseRecord]
    hidden: int
    faults: tuple[str, ...]

    @property
    def target(self) -> str | None:
        """The version that a rollback removes; `None` if it has nothing to do."""
        if self.pointer is None:
            return None
        if self.pointer.challenger is not None:
            return self.pointer.challenger.version
        previous = self.pointer.previous
        if previous is None or previous == self.pointer.taken_back:
            return None
        return self.pointer.champion


def release_page(spec: ModelSpec, documents: Documents, clock: Clock) -> ReleasePage:
    """Return what is stored about a model's release; one broken document hides no other."""
    found, records = documents.model(spec.name), documents.records(spec.name)
    faults = [*found.faults, *records.faults]
    waiting, moving = found.waiting, None
    try:
        moving = progress(documents.artifacts, spec.name)
    except ReleaseError as error:
        faults.append(str(error))
    challenger = found.pointer.challenger if found.pointer else None
    if moving is None or challenger is None or moving.version != challenger.version:
        moving = None
    return ReleasePage(
        condition=condition(found, clock()),
        pointer=found.pointer,
        waiting=waiting if waiting and waiting.closed_at is None else None,
        moving=moving,
        records=records.documents[:_SHOWN],
        hidden=max(0, len(records.documents) - _SHOWN),
        faults=tuple(faults),
    )


def decide(
    releases: Releases,
    model: str,
    outcome: ApprovalOutcome,
    seen: tuple[str, str],
    by: str,
    reason: str,
) -> None:
    """Approve or reject the version and execution that the person saw.

    Raises
    ------
    ConflictError
        If another person was first, or nothing waits any more.
    """
    version, execution = seen
    releases.ask(
        DecisionRequest.model_validate(
            {
                "action": "decide",
                "model": model,
                "version": version,
                "execution": execution,
                "decision": outcome,
                "by": by,
                "reason": reason,
            }
        )
    )


def roll_back(
    store: ObjectStore, releases: Releases, model: str, seen: Seen, by: str, reason: str
) -> None:
    """End the trial or go back to the previous champion, if what serves is what the person saw.

    Raises
    ------
    ConflictError
        If another person was first.
    """
    current = pointer_store.current(store, model)
    if current is None or seen != Seen.of(current):
        moved = f"{current.written_by} changed it: {current.reason}" if current else "it is gone"
        raise ConflictError(f"{model}: the release is not what you saw; {moved}")
    releases.ask(
        RollbackRequest(
            action="rollback",
            model=model,
            by=by,
            reason=reason,
            champion=seen.champion,
            seen=seen,
        )
    )


def retrain(
    store: ObjectStore, releases: Releases, model: str, by: str, reason: str, now: datetime
) -> None:
    """Start a retraining, unless an execution is changing the model.

    Its name is the same for everybody within a minute, so that two clicks start one execution.

    Raises
    ------
    ConflictError
        If another person was first, or an execution is changing the model.
    """
    try:
        require_free(store, model)
    except ReleaseError as error:
        raise ConflictError(str(error)) from error
    request = RetrainingRequest(model=model, by=by, evidence=(reason,))
    digest = hashlib.sha256(f"{model} {now:%Y-%m-%dT%H:%M}".encode()).hexdigest()
    releases.retrain(request, f"console-{digest[:_NAME_LENGTH]}")
