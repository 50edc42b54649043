"""The release history: one record per execution or manual action."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from pydantic import AliasChoices, Field

from modelfleet.retraining.approval import Approval
from modelfleet.retraining.trial import Judgement, TrialCheck
from modelfleet.spec.document import Document
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

# Detail type of the event that announces a record.
EVENT_TYPE = "release ended"
# Field of an event's detail: whether people are notified of it. The state machine reports the end
# of its executions itself.
NOTIFY = "notify"
_WITHOUT_EXECUTION = "by-"


class ReleaseRecord(Document):
    """Record of a release, a rollback, or an execution without a release, with its evidence.

    `champion` is the champion at the time of writing, and `by` the person or trigger that started
    it.
    """

    noun = "release record"
    error = ReleaseError

    model: str
    execution: str
    written_at: datetime
    by: str
    outcome: str
    version: str | None = None
    champion: str | None = None
    reasons: tuple[str, ...] = ()
    approval: Approval | None = None
    held_out: Judgement | None = None
    checks: Annotated[
        tuple[TrialCheck, ...], Field(validation_alias=AliasChoices("checks", "looks"))
    ] = ()

    @property
    def has_execution(self) -> bool:
        """Whether an execution wrote it, rather than a person or an alarm."""
        return not self.execution.startswith(_WITHOUT_EXECUTION)


Announce = Callable[[ReleaseRecord], None]


def keep(store: ObjectStore, record: ReleaseRecord, announce: Announce) -> None:
    """Write a record, then announce it; a retry repeats both.

    Parameters
    ----------
    store
        The artifacts bucket.
    record
        The record to write.
    announce
        Publishes the record; it never raises, because a failed notification must not undo the
        release.
    """
    key = keys.release_record(record.model, record.execution)
    store.put(key, record.to_json())
    announce(record)


def without_execution(who: str, now: datetime) -> str:
    """Return the name for a record of a manual action or an alarm, which has no execution."""
    return f"{_WITHOUT_EXECUTION}{who}-{now:%Y%m%dT%H%M%S%f}"
