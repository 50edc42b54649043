"""Approval of a release by a person: what waits for it, and what was decided."""

from datetime import datetime, timedelta
from enum import StrEnum

from modelfleet.spec.document import Frozen
from modelfleet.spec.release_policy import APPROVAL_HOURS_MAXIMUM


class ApprovalOutcome(StrEnum):
    """How an approval ends; a release goes on only if it was approved."""

    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Approval(Frozen):
    """Result of `approval`. `by` and `reason` are a person's; an approval that expired has none."""

    outcome: ApprovalOutcome
    by: str = ""
    reason: str = ""
    decided_at: datetime | None = None

    @property
    def words(self) -> str:
        """The decision as a reason in the release history."""
        if self.outcome is ApprovalOutcome.EXPIRED:
            return "rejected: nobody decided before the approval expired"
        return f"{self.outcome} by {self.by}: {self.reason}"


# An execution's other states take at most this long.
WORK_HOURS = 12
# No execution, with any stage's setting, runs longer.
LONGEST_EXECUTION = timedelta(hours=WORK_HOURS + APPROVAL_HOURS_MAXIMUM)
