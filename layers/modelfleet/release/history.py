"""The release history: one record per execution or manual action."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from pydantic import AliasChoices, Field

from modelfleet.retraining.trial import Judgement, TrialCheck
from modelfleet.spec.document import Document
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

# The detail type of the event that announces a record.
EVENT_TYPE = "release ended"


class ReleaseRecord(Document):
    """One release, one rollback, or one execution that released nothing, with its evidence.

    `champion` is what served when it was written, and `by` who asked: a person, or a trigger.
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
    held_out: Judgement | None = None
    checks: Annotated[
        tuple[TrialCheck, ...], Field(validation_alias=AliasChoices("checks", "looks"))
    ] = ()


Announce = Callable[[ReleaseRecord], None]


def keep(store: ObjectStore, record: ReleaseRecord, announce: Announce) -> None:
    """Write a record, then announce it; done again, both are done again.

    Parameters
    ----------
    store
        The artifacts bucket.
    record
        What happened.
    announce
        Tells others; that nobody could be told is no reason to undo what happened, so it never
        raises.
    """
    key = keys.release_record(record.model, record.execution)
    store.put(key, record.to_json())
    announce(record)


def without_execution(who: str, now: datetime) -> str:
    """Name what was done by hand, or by an alarm, where no execution did it."""
    return f"by-{who}-{now:%Y%m%dT%H%M%S%f}"
