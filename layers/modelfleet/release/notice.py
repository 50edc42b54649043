"""Notifications of what people must know about a release besides the state machine's own.

The machine reports its own results. Manual rollbacks, trials that an alarm ended, and versions that
wait for approval are events on the stage's bus, which come back here to be worded.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from modelfleet.pages.numbers import counted
from modelfleet.release.approval import PendingApproval
from modelfleet.release.history import EVENT_TYPE, NOTIFY
from modelfleet.retraining.notice import Notice
from modelfleet.retraining.state import Lines, Name, Version
from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import ReleaseError
from modelfleet.spec.model import MODEL_NAME_PATTERN

APPROVAL_EVENT = "approval requested"
_KIND = "detail-type"
_LONGEST_OUTCOME = 30


class EndedRelease(Frozen, extra="ignore"):
    """Detail of the event of a manual action, or of a trial that an alarm ended."""

    model: Annotated[str, Field(pattern=MODEL_NAME_PATTERN)]
    by: Name
    outcome: Annotated[str, Field(pattern=rf"^[a-z ]{{1,{_LONGEST_OUTCOME}}}$")]
    version: Version | None = None
    champion: Version | None = None
    reasons: Lines = ()

    def notice(self, stage: str) -> Notice:
        """Word the notification."""
        version = f" {self.version}" if self.version else ""
        lines = (
            f"{self.model}{version}: {self.outcome} by {self.by}; "
            f"version {self.champion or '-'} is the champion",
            *self.reasons,
            f"History: fleet history {self.model} --stage {stage}",
        )
        return Notice(subject=f"{self.model}: {self.outcome}", message="\n".join(lines))


class RequestedApproval(Frozen, extra="ignore"):
    """Detail of the event of a version that waits for approval."""

    model: Annotated[str, Field(pattern=MODEL_NAME_PATTERN)]
    version: Version
    champion: Version | None = None
    expires_at: datetime
    reasons: Lines = ()
    reminder: bool = False

    def notice(self, stage: str) -> Notice:
        """Word the notification."""
        still = "still waits" if self.reminder else "waits"
        than = f"; the champion is {self.champion}" if self.champion else ""
        decide = f"fleet release {{}} {self.model} --why '…' --stage {stage}"
        lines = (
            f"{self.model} {self.version} {still} for approval{than}",
            *self.reasons,
            f"Without a decision, it is rejected at {self.expires_at:%Y-%m-%d %H:%M} UTC",
            f"Approve it: {decide.format('approve')}",
            f"Reject it: {decide.format('reject')}",
        )
        return Notice(subject=f"{self.model}: {still} for approval", message="\n".join(lines))


class ReleaseEvent(Frozen, extra="ignore"):
    """An event about a release, as EventBridge delivers it."""

    kind: Annotated[Literal["release ended", "approval requested"], Field(alias=_KIND)]
    detail: Mapping[str, object]


def is_release_event(content: object) -> bool:
    """Whether an event is about a release rather than a drift decision."""
    return isinstance(content, Mapping) and content.get(_KIND) in (EVENT_TYPE, APPROVAL_EVENT)


def read_release_event(content: object) -> EndedRelease | RequestedApproval:
    """Parse an event about a release, which any principal with access to the bus may have sent.

    Raises
    ------
    ReleaseError
        If a field is missing or of another kind. The text quotes no value.
    """
    try:
        event = ReleaseEvent.model_validate(content)
        if event.kind == APPROVAL_EVENT:
            return RequestedApproval.model_validate(event.detail)
        return EndedRelease.model_validate(event.detail)
    except ValidationError as error:
        faults = counted(error.error_count(), "fault")
        raise ReleaseError(f"not an event about a release: {faults}") from error


def requested(waiting: PendingApproval) -> Mapping[str, object]:
    """Return the detail of the event about what waits; a second one is a reminder."""
    shown = {"model", "execution", "version", "champion", "expires_at", "reasons"}
    is_reminder = waiting.reminded_at is not None
    return waiting.model_dump(mode="json", include=shown) | {
        "reminder": is_reminder,
        NOTIFY: True,
    }
