"""Approval of a release by a person: wait for the decision, take it, and pass it on.

`approvals/<model>.json` says what waits, and takes one decision, by a conditional write. The token
with which the execution waits is stored elsewhere, where only the release function can read it. A
decision is stored before it is passed on, and passed on again until the execution has ended, so a
crash in between loses nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from modelfleet.registry import pointer_store as pointer
from modelfleet.release.lock import require_lock
from modelfleet.release.requests import DecisionRequest
from modelfleet.retraining.approval import Approval, ApprovalOutcome
from modelfleet.retraining.state import RetrainingState
from modelfleet.spec.document import Document
from modelfleet.spec.errors import ConflictError, ReleaseError
from modelfleet.storage import keys
from modelfleet.storage.documents import StoredDocument
from modelfleet.storage.object_store import ObjectStore

IsRunning = Callable[[str], bool]
# Passes a decision to the execution that waits with a token; false if none waits with it any more.
PassOn = Callable[[str, Approval], bool]


class PendingApproval(Document):
    """What waits for approval. `reasons` are the gate's, which compared it with `champion`.

    `closed_at` is set once its execution has ended, `reminded_at` once people were notified again.
    """

    noun = "approval"
    error = ReleaseError

    model: str
    execution: str
    execution_arn: str
    version: str
    champion: str | None = None
    reasons: tuple[str, ...] = ()
    requested_at: datetime
    expires_at: datetime
    reminded_at: datetime | None = None
    decision: Approval | None = None
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.closed_at is None and self.decision is None


# Announces what waits; the second time is a reminder.
Ask = Callable[[PendingApproval], None]


def pending(store: ObjectStore, model: str) -> PendingApproval | None:
    """Return what waits for approval, or last did.

    Raises
    ------
    ReleaseError
        If it is not readable.
    """
    return _document(store, model).read()


def request_approval(
    store: ObjectStore,
    state: RetrainingState,
    token: str,
    now: datetime,
    lasts: timedelta,
    ask: Ask,
) -> PendingApproval:
    """Store what waits for approval, with its token, and announce it; a retry repeats both.

    Raises
    ------
    ReleaseError
        If nothing is registered, or another execution holds the lock.
    """
    if state.registered is None or state.evaluated is None:
        raise ReleaseError(f"{state.model}: only an evaluated version can be approved")
    require_lock(store, state)
    compared = state.evaluated.comparison
    released = pointer.current(store, state.model)
    waiting = PendingApproval(
        model=state.model,
        execution=state.execution,
        execution_arn=state.execution_arn,
        version=state.registered.version,
        champion=compared.champion_version if compared else released and released.champion,
        reasons=state.evaluated.verdict.reasons,
        requested_at=now,
        expires_at=now + lasts,
    )
    store.put(keys.approval_token(state.model, state.execution), token.encode())

    def change(current: PendingApproval | None) -> PendingApproval:
        # A retry has another token, but must not lose a decision.
        return current if current and current.execution == state.execution else waiting

    asked = _document(store, state.model).change(change)
    ask(asked)
    return asked


def decide(
    store: ObjectStore,
    request: DecisionRequest,
    now: datetime,
    is_running: IsRunning,
    pass_on: PassOn,
) -> Approval:
    """Take a person's decision, and pass it on; repeating it changes nothing.

    Raises
    ------
    ReleaseError
        If nothing waits, its execution has ended, or the champion is no longer the one that the
        gate compared the version with. It can still be rejected then.
    ConflictError
        If another person has decided already.
    """

    def change(current: PendingApproval | None) -> PendingApproval:
        waiting = _require_waiting(current, request)
        if waiting.decision is not None:
            _require_same(waiting, waiting.decision, request)
            return waiting
        if now >= waiting.expires_at or not is_running(waiting.execution_arn):
            raise ReleaseError(
                f"{request.model} {waiting.version} no longer waits for approval: its execution "
                f"has ended; release it with `fleet release start {request.model} "
                f"{waiting.version}`"
            )
        if request.decision is ApprovalOutcome.APPROVED:
            _require_champion(store, waiting)
        decision = Approval(
            outcome=ApprovalOutcome(request.decision),
            by=request.by,
            reason=request.reason,
            decided_at=now,
        )
        return waiting.model_copy(update={"decision": decision})

    after = _document(store, request.model).change(change)
    if after.decision is None:
        raise ReleaseError(f"{request.model}: the decision was not stored")
    if after.closed_at is not None:
        return after.decision
    # If no execution waits with the token, it has the decision already, or was stopped just now.
    if not _pass_on(store, after, pass_on) and not is_running(after.execution_arn):
        raise ReleaseError(
            f"{request.model} {after.version} no longer waits for approval: its execution has ended"
        )
    return after.decision


def follow_up(
    store: ObjectStore,
    model: str,
    now: datetime,
    every: timedelta,
    is_running: IsRunning,
    pass_on: PassOn,
    ask: Ask,
) -> PendingApproval | None:
    """Remind people of what waits, and pass on a decision that may have been lost.

    Returns
    -------
    PendingApproval or None
        What waits; `None` if nothing does.
    """
    document = _document(store, model)
    waiting = document.read()
    if waiting is None or waiting.closed_at is not None:
        return None
    if not is_running(waiting.execution_arn):
        close(store, model, waiting.execution, now)
        return None
    if waiting.decision is not None:
        _pass_on(store, waiting, pass_on)
        return None
    if now - (waiting.reminded_at or waiting.requested_at) < every or now >= waiting.expires_at:
        return waiting

    def change(current: PendingApproval | None) -> PendingApproval:
        if current != waiting:
            raise ConflictError(f"{model}: its approval has changed")
        return waiting.model_copy(update={"reminded_at": now})

    try:
        reminded = document.change(change)
    except ConflictError:
        # A decision came just now.
        return waiting
    ask(reminded)
    return reminded


def close(store: ObjectStore, model: str, execution: str, now: datetime) -> None:
    """Record that the execution no longer waits."""
    document = _document(store, model)
    waiting = document.read()
    if waiting is None or waiting.execution != execution or waiting.closed_at is not None:
        return

    def change(current: PendingApproval | None) -> PendingApproval:
        if current is None or current.execution != execution:
            return current or waiting
        return current.model_copy(update={"closed_at": now})

    document.change(change)


def _require_waiting(current: PendingApproval | None, request: DecisionRequest) -> PendingApproval:
    if current is None or (current.closed_at is not None and current.decision is None):
        raise ReleaseError(f"{request.model}: no version waits for approval")
    if (current.version, current.execution) != (request.version, request.execution):
        raise ReleaseError(
            f"{request.model} {request.version} does not wait for approval any more; the last that "
            f"did is {current.version}"
        )
    return current


def _require_same(waiting: PendingApproval, made: Approval, request: DecisionRequest) -> None:
    if (made.outcome, made.by) != (request.decision, request.by):
        raise ConflictError(
            f"{waiting.model} {waiting.version} was {made.outcome} by {made.by} already "
            f"({made.decided_at:%Y-%m-%d %H:%M} UTC); nothing was changed"
        )


def _require_champion(store: ObjectStore, waiting: PendingApproval) -> None:
    released = pointer.current(store, waiting.model)
    champion = released.champion if released else None
    if champion != waiting.champion:
        raise ReleaseError(
            f"{waiting.model} {waiting.version} was compared with version {waiting.champion}, but "
            f"version {champion} is the champion now; reject it, then retrain with "
            f"`fleet retrain {waiting.model} --force`"
        )


def _pass_on(store: ObjectStore, waiting: PendingApproval, pass_on: PassOn) -> bool:
    token = store.get(keys.approval_token(waiting.model, waiting.execution)).content.decode()
    if waiting.decision is None:
        raise ReleaseError(f"{waiting.model}: nothing was decided")
    return pass_on(token, waiting.decision)


def _document(store: ObjectStore, model: str) -> StoredDocument[PendingApproval]:
    return StoredDocument(store, keys.approval(model), PendingApproval.parse)
