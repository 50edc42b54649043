"""Requests and events of the release function, other than the state machine's steps."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from modelfleet.registry.pointer import Mode, ReleasePointer
from modelfleet.retraining.state import Failure, RetrainingRequest, RetrainingState, one_line
from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import RequestError

# The detail type of CloudWatch's alarm events, and the action of the schedule that updates bandits.
ALARM_CHANGE = "CloudWatch Alarm State Change"
SHIFT_SHARES = "shift_shares"
# The action of the machine's first state.
VALIDATE_REQUEST = "validate_request"

# Step Functions' event about an execution that did not succeed: an aborted execution has not
# cleaned up, a failed one usually has.
STATUS_CHANGE = "Step Functions Execution Status Change"
ENDED_BADLY = ("ABORTED", "TIMED_OUT", "FAILED")


class RollbackRequest(Frozen):
    """Input of the release function for a manual rollback.

    With `champion`, it only applies while that version is the champion, so that a request delivered
    twice rolls back one release and not two. `to` is the version to roll back to, if it is not the
    previous champion.
    """

    action: Literal["rollback"]
    model: str
    by: str
    reason: str
    champion: str | None = None
    to: str | None = None


class RestoreRequest(Frozen):
    """Input of the release function to restore an unreadable or lost pointer.

    `pointer` is the last readable version of the object.
    """

    action: Literal["restore"]
    model: str
    by: str
    reason: str
    pointer: ReleasePointer


class ExperimentRequest(Frozen):
    """Input of the release function to start an experiment, which a person ends."""

    action: Literal["experiment"]
    model: str
    version: str
    mode: Literal[Mode.AB, Mode.SHADOW, Mode.BANDIT]
    share: Annotated[float, Field(gt=0.0, lt=1.0)]
    by: str


def read_request(content: object) -> RetrainingRequest:
    """Parse the input of an execution.

    Raises
    ------
    RequestError
        If it is malformed or sets a field that its trigger may not set. The message names the
        fields and quotes no values.
    """
    try:
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
        text = one_line(fault["msg"].removeprefix("Value error, "))
        yield f"{field}: {text}" if field else text


class EndedExecution(Frozen, extra="ignore"):
    """Detail of Step Functions' event about an ended execution.

    `input` is absent if it was too long for the event.
    """

    name: str
    status: str
    input: str | None = None

    def state(self) -> RetrainingState | None:
        """Return the state to clean up; `None` if the request was refused."""
        try:
            asked = RetrainingRequest.model_validate_json(self.input or "")
        except ValidationError:
            # The state machine's first state refused it as well, before taking the lock.
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

    alarmName: str  # noqa: N815  # CloudWatch's name
    state: AlarmState


class TrialEnded(Frozen):
    """Version that an alarm rolled back, if one was on trial."""

    model: str
    taken_back: str | None = None


class SharesShifted(Frozen):
    """Shares of all challengers in mode `bandit`, by model, after an update."""

    shares: dict[str, float]
