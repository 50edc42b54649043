"""Who may change a model: one execution at a time."""

from datetime import datetime

from pydantic import ValidationError

from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import ReleaseError


class ReleaseLock(Frozen, extra="ignore"):
    """The content of `locks/<model>.json`; without a holder it is free."""

    model: str
    holder: str | None = None
    holder_arn: str = ""
    trigger: str = ""
    taken_at: datetime
    expires_at: datetime


def read_lock(content: bytes) -> ReleaseLock:
    """Parse a lock.

    Raises
    ------
    ReleaseError
        If it is none.
    """
    try:
        return ReleaseLock.model_validate_json(content)
    except ValidationError as error:
        raise ReleaseError(f"not a release lock: {error.error_count()} faults") from error
