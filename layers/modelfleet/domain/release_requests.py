"""What the release function is asked for besides the steps of the retraining machine."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Json

from modelfleet.domain.messages import Failure, RetrainingRequest, RetrainingState
from modelfleet.domain.release import Mode, ReleasePointer

# What CloudWatch says of an alarm, and the action of the clock that moves bandits' shares.
ALARM_CHANGE = "CloudWatch Alarm State Change"
SHIFT_SHARES = "shift_shares"

# What Step Functions says of an execution that came to no good end: an aborted one has cleaned up
# nothing, a failed one mostly has.
STATUS_CHANGE = "Step Functions Execution Status Change"
ENDED_BADLY = ("ABORTED", "TIMED_OUT", "FAILED")


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RollbackRequest(_Request):
    """The input of the release function that takes a release back by hand.

    With `champion` it is done only while that version still serves, so that a request which is
    delivered twice takes back one release and not two. `to` is the version to go back to, where it
    is not the one before.
    """

    action: Literal["rollback"]
    model: str
    by: str
    reason: str
    champion: str | None = None
    to: str | None = None


class RestoreRequest(_Request):
    """The input of the release function that writes an unreadable or lost pointer anew.

    `pointer` is the last version of the object that could be read.
    """

    action: Literal["restore"]
    model: str
    by: str
    reason: str
    pointer: ReleasePointer


class ExperimentRequest(_Request):
    """The input of the release function that gives a version a share until a person ends it."""

    action: Literal["experiment"]
    model: str
    version: str
    mode: Literal[Mode.AB, Mode.SHADOW, Mode.BANDIT]
    share: Annotated[float, Field(gt=0.0, lt=1.0)]
    by: str


class EndedExecution(BaseModel):
    """The detail of Step Functions' own event, as far as it is needed."""

    model_config = ConfigDict(frozen=True)

    name: str
    status: str
    input: Json[RetrainingRequest]

    def state(self) -> RetrainingState:
        """What there is to clean up with."""
        failure = Failure(step="", error=self.status, cause=f"the execution was {self.status}")
        asked = self.input.model_dump()
        return RetrainingState(**asked, execution=self.name, failure=failure)


class AlarmState(BaseModel):
    """An alarm's state, `ALARM` where it is raised."""

    model_config = ConfigDict(frozen=True)

    value: str


class ChangedAlarm(BaseModel):
    """The detail of CloudWatch's own event, as far as it is needed."""

    model_config = ConfigDict(frozen=True)

    alarmName: str  # noqa: N815  # CloudWatch's name
    state: AlarmState


class TrialEnded(_Request):
    """Which version an alarm took back, if one was on trial."""

    model: str
    taken_back: str | None = None


class SharesShifted(_Request):
    """The share of each model's challenger in mode `bandit`, after a look at the outcomes."""

    shares: dict[str, float]
