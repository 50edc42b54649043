"""What the states of the retraining machine hand to each other."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from modelfleet.domain.evaluation import Comparison
from modelfleet.domain.gate import Verdict

# The error of an execution whose candidate the gate blocked; its cause holds the reasons.
CANDIDATE_BLOCKED = "CandidateBlocked"


class Step(StrEnum):
    """The states that do work, in order.

    `release` runs in the release function, which reaches no database. `record` therefore follows it
    in the train function: it reads the release pointer and lets the registry's aliases `champion`
    and `previous` name what the pointer names. It is idempotent, and what a rollback by hand has
    changed is caught up at the next one.
    """

    PREPARE = "prepare"
    TRAIN = "train"
    EVALUATE = "evaluate"
    REGISTER = "register"
    RELEASE = "release"
    RECORD = "record"

    @property
    def result(self) -> str:
        """The key of the machine's data under which the step's result is kept."""
        return _RESULTS[self]


_RESULTS = {
    Step.PREPARE: "prepared",
    Step.TRAIN: "trained",
    Step.EVALUATE: "evaluated",
    Step.REGISTER: "registered",
    Step.RELEASE: "released",
    Step.RECORD: "recorded",
}


class Trigger(StrEnum):
    """What asked for a retraining."""

    SCHEDULE = "schedule"
    DRIFT = "drift"
    PERFORMANCE = "performance"
    MANUAL = "manual"
    DATA = "data"


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# What fits in a Lambda's time is fewer; the bound keeps a typing error from filling it.
MOST_TRIALS = 500


class RetrainingRequest(_Message):
    """The input of the machine.

    `force` releases a candidate whatever its comparison with the champion says; its own limits hold
    all the same. `tune` is how many sets of parameters are tried on the candidate that is taken.
    """

    model: str
    trigger: Trigger = Trigger.MANUAL
    force: bool = False
    tune: int = Field(default=0, ge=0, le=MOST_TRIALS)


class Prepared(_Message):
    """The rows are split and validated. `warnings` are what the checks of the data found.

    `generated` and `loaded_at` are what the data set's manifest says of the version.
    """

    dataset_version: str
    rows: dict[str, int]
    quarantined: int
    warnings: tuple[str, ...] = ()
    generated: bool = False
    loaded_at: datetime | None = None


class Trained(_Message):
    """A candidate is fitted and exported."""

    run_id: str
    estimator: str
    parity_maximum_difference: float


class Evaluated(_Message):
    """The gate has decided.

    The candidate's intervals and slices are in its bundle's manifest.
    """

    verdict: Verdict
    metrics: dict[str, float]
    champion_metrics: dict[str, float] | None = None
    comparison: Comparison | None = None


class Registered(_Message):
    """The candidate has a version."""

    version: str


class Released(_Message):
    """What the pointer names after the release; the old champion still, where the gate kept it."""

    champion: str
    previous: str | None = None


class Recorded(_Message):
    """The registry's aliases name what the pointer names."""

    champion: str
    previous: str | None = None


class RollbackRequest(_Message):
    """The input of the release function that takes a release back by hand.

    With `champion` it is done only while that version still serves, so that a request which is
    delivered twice takes back one release and not two.
    """

    action: Literal["rollback"]
    model: str
    by: str
    reason: str
    champion: str | None = None


class RetrainingState(RetrainingRequest):
    """The machine's data as it grows from state to state.

    `execution` identifies the run of the machine: whatever a step stores under it is overwritten by
    the step's own retry and by nothing else.
    """

    execution: str
    prepared: Prepared | None = None
    trained: Trained | None = None
    evaluated: Evaluated | None = None
    registered: Registered | None = None
    released: Released | None = None
    recorded: Recorded | None = None
