"""What happened to a model's releases, one record for each execution or hand."""

from datetime import datetime

from pydantic import ValidationError

from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import ReleaseError
from modelfleet.spec.release_plan import Judgement, Look

# The detail type of the event that announces a record.
EVENT_TYPE = "release ended"


class ReleaseRecord(Frozen, extra="ignore"):
    """One release, one rollback, or one execution that released nothing, with its evidence.

    `champion` is what served when it was written, and `by` who asked: a person, or a trigger.
    """

    model: str
    execution: str
    written_at: datetime
    by: str
    outcome: str
    version: str | None = None
    champion: str | None = None
    reasons: tuple[str, ...] = ()
    held_out: Judgement | None = None
    looks: tuple[Look, ...] = ()


def read_record(content: bytes) -> ReleaseRecord:
    """Parse a record.

    Raises
    ------
    ReleaseError
        If it is none.
    """
    try:
        return ReleaseRecord.model_validate_json(content)
    except ValidationError as error:
        raise ReleaseError(f"not a release record: {error.error_count()} faults") from error


def without_execution(who: str, now: datetime) -> str:
    """Name what was done by hand, or by an alarm, where no execution did it."""
    return f"by-{who}-{now:%Y%m%dT%H%M%S%f}"
