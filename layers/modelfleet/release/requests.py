"""Requests and events of the release function, other than the state machine's steps."""

import json
from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from modelfleet.pages.text import one_line
from modelfleet.registry.pointer import Mode, ReleasePointer
from modelfleet.retraining.approval import ApprovalOutcome
from modelfleet.retraining.decision_event import DecisionEvent, is_event
from modelfleet.retraining.state import (
    LONGEST_LINE,
    Failure,
    Line,
    Name,
    RetrainingRequest,
    RetrainingState,
    Version,
)
from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import RequestError

# The detail type of CloudWatch's alarm events, and the action of the schedule that updates bandits.
ALARM_CHANGE = "CloudWatch Alarm State Change"
SHIFT_SHARES = "shift_shares"
# The action of the schedule that reminds people of approvals.
FOLLOW_UP = "follow_up_approvals"
# The action of the machine's first state.
VALIDATE_REQUEST = "validate_request"
# The action of the first state of the machine that notifies people of drift decisions.
READ_DECISION = "read_decision"

# Step Functions' event about an execution that did not succeed: an aborted execution has not
# cleaned up, a failed one usually has.
STATUS_CHANGE = "Step Functions Execution Status Change"
ENDED_BADLY = ("ABORTED", "TIMED_OUT", "FAILED")


class Seen(Frozen):
    """The versions that served when a person decided."""

    champion: Version
    challenger: Version | None = None

    @classmethod
    def of(cls, pointer: ReleasePointer) -> "Seen":
        """Return the versions that serve."""
        challenger = pointer.challenger
        return cls(champion=pointer.champion, challenger=challenger.version if challenger else None)


class RollbackRequest(Frozen):
    """Input of the release function for a manual rollback.

    With `champion`, it only applies while that version is the champion, so that a request delivered
    twice rolls back one release and not two. `to` is the version to roll back to, if it is not the
    previous champion. With `seen`, it is refused if other versions serve by now, as after the click
    of another person.
    """

    action: Literal["rollback"]
    model: str
    by: Name
    reason: Line
    champion: str | None = None
    to: str | None = None
    seen: Seen | None = None


class RestoreRequest(Frozen):
    """Input of the release function to restore an unreadable or lost pointer.

    `pointer` is the last readable version of the object.
    """

    action: Literal["restore"]
    model: str
    by: Name
    reason: Line
    pointer: ReleasePointer


class ExperimentRequest(Frozen):
    """Input of the release function to start an experiment, which a person ends."""

    action: Literal["experiment"]
    model: str
    version: str
    mode: Literal[Mode.AB, Mode.SHADOW, Mode.BANDIT]
    share: Annotated[float, Field(gt=0.0, lt=1.0)]
    by: Name


class WaitingTask(Frozen):
    """The token with which an execution waits; Step Functions' are at most this long."""

    token: Annotated[str, Field(min_length=1, max_length=2048)]


class DecisionRequest(Frozen):
    """Input of the release function to approve or reject what waits for approval.

    `version` and `execution` are those that the person saw, so that nothing else is decided.
    """

    action: Literal["decide"]
    model: str
    version: Version
    execution: Name
    decision: Literal[ApprovalOutcome.APPROVED, ApprovalOutcome.REJECTED]
    by: Name
    reason: Annotated[Line, Field(min_length=1)]


class FollowedUp(Frozen):
    """Versions that wait for approval, by model."""

    waiting: dict[str, str]


def read_request(content: object) -> RetrainingRequest:
    """Parse the input of an execution, from any sender: a request, or a decision's event.

    Raises
    ------
    RequestError
        If it is malformed or sets a field that its trigger may not set. The message names the
        fields and quotes no values.
    """
    try:
        if is_event(content):
            return DecisionEvent.model_validate(content).request()
        return RetrainingRequest.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(_faults(error))
        raise RequestError(f"retraining request refused: {faults}") from error


# The name of an unknown field is arbitrary input.
_LONGEST_NAME = 40
_MOST_FAULTS = 10


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_input=False, include_url=False)[:_MOST_FAULTS]:
        field = one_line(".".join(map(str, fault["loc"])), _LONGEST_NAME)
        text = one_line(fault["msg"].removeprefix("Value error, "), LONGEST_LINE)
        yield f"{field}: {text}" if field else text


class EndedExecution(Frozen, extra="ignore"):
    """Detail of Step Functions' event about an ended execution.

    `input` is absent if it was too long for the event.
    """

    name: Name
    status: Line
    executionArn: Line  # noqa: N815  # Step Functions' name
    input: str | None = None

    def state(self, read_input: Callable[[str], str]) -> RetrainingState | None:
        """What there is to clean up with; nothing where the request was refused.

        Parameters
        ----------
        read_input
            Reads the input of an execution by its ARN, where the event lacks it.
        """
        given = self.input if self.input is not None else read_input(self.executionArn)
        try:
            asked = read_request(json.loads(given))
        except (ValueError, RecursionError, RequestError):
            # The machine's first state refused it too, before anything was locked.
            return None
        failure = Failure(step="", error=self.status, cause=f"the execution was {self.status}")
        return RetrainingState(**asked.model_dump(), execution=self.name, failure=failure)


class NothingToCleanUp(Frozen):
    """Result for an ended execution whose request was refused."""

    execution: str
    status: str


class AlarmState(Frozen, extra="ignore"):
    """State of an alarm; `ALARM` while the alarm is raised."""

    value: str


class ChangedAlarm(Frozen, extra="ignore"):
    """Detail of CloudWatch's alarm event."""

    alarmName: Line  # noqa: N815  # CloudWatch's name
    state: AlarmState


class TrialEnded(Frozen):
    """Version that an alarm rolled back, if one was on trial."""

    model: str
    taken_back: str | None = None


class SharesShifted(Frozen):
    """Shares of all challengers in mode `bandit`, by model, after an update."""

    shares: dict[str, float]
