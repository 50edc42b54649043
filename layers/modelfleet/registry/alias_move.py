"""Aliases of registered versions, and the record of a move."""

from datetime import datetime
from enum import StrEnum

from modelfleet.spec.document import Document
from modelfleet.spec.errors import ReleaseError


class Alias(StrEnum):
    """Role of a version.

    `champion` serves, `previous` was the champion before it, and `challenger` is a registered
    version that does not serve all traffic: its release is in progress, or the gate kept it.
    """

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    PREVIOUS = "previous"


class AliasMove(Document):
    """Move of an alias to another version, or its removal: who, when, why, in which execution.

    `execution` is that of the retraining or of the rollback.
    """

    noun = "record of an alias move"
    error = ReleaseError

    model: str
    alias: Alias
    version: str | None
    moved_by: str
    moved_at: datetime
    reason: str
    execution: str

    @property
    def line(self) -> str:
        """One-line summary of the move."""
        return (
            f"{self.moved_at:%Y-%m-%d %H:%M:%S} by {self.moved_by}, "
            f"execution {self.execution}: {self.reason}"
        )
