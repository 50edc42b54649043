"""The states of the retraining state machine, and what they hand on."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from modelfleet.evaluation.gate import Verdict
from modelfleet.pages.text import is_one_line
from modelfleet.retraining.trial import Judgement, TrialCheck
from modelfleet.spec.document import Frozen
from modelfleet.spec.model import MODEL_NAME_PATTERN
from modelfleet.statistics.results import Comparison

# The error of an execution whose candidate the gate blocked; its cause holds the reasons.
CANDIDATE_BLOCKED = "CandidateBlocked"


class Step(StrEnum):
    """The states that do work, in order.

    From `lock` to `close`, no other execution changes the model. `smoke`, `widen` and `judge` are
    the gradual part of a release: `widen` and `judge` take turns, with a wait before each look,
    until `release` gives the version all traffic. `clean_up` follows whatever fails before `close`.

    `release` runs in the release function, which reaches no database. `record` therefore follows it
    in the train function: it reads the release pointer and lets the registry's aliases `champion`
    and `previous` name what the pointer names. It is idempotent, and what a rollback by hand has
    changed is caught up at the next one.
    """

    LOCK = "lock"
    PREPARE = "prepare"
    TRAIN = "train"
    EVALUATE = "evaluate"
    REGISTER = "register"
    SMOKE = "smoke"
    WIDEN = "widen"
    JUDGE = "judge"
    RELEASE = "release"
    RECORD = "record"
    CLOSE = "close"
    CLEAN_UP = "clean_up"

    @property
    def result(self) -> str:
        """The key of the machine's data under which the step's result is kept."""
        return _RESULTS[self]


_RESULTS = {
    Step.LOCK: "locked",
    Step.PREPARE: "prepared",
    Step.TRAIN: "trained",
    Step.EVALUATE: "evaluated",
    Step.REGISTER: "registered",
    Step.SMOKE: "smoked",
    Step.WIDEN: "rollout",
    Step.JUDGE: "rollout",
    Step.RELEASE: "released",
    Step.RECORD: "recorded",
    Step.CLOSE: "closed",
    Step.CLEAN_UP: "closed",
}


class Trigger(StrEnum):
    """What asked for a retraining."""

    SCHEDULE = "schedule"
    DRIFT = "drift"
    PERFORMANCE = "performance"
    MANUAL = "manual"
    DATA = "data"


# What fits in a Lambda's time is fewer; the bound keeps a typing error from filling it.
MOST_TRIALS = 500
# Every state of an execution carries its evidence, and an alert quotes it.
MOST_EVIDENCE = 20
LONGEST_LINE = 500
LONGEST_NAME = 200


def _require_one_line(text: str) -> str:
    if not is_one_line(text):
        raise ValueError("must be one line without invisible characters")
    return text


# These texts end up in alerts, in mails and on terminals.
Line = Annotated[str, Field(max_length=LONGEST_LINE), AfterValidator(_require_one_line)]
Name = Annotated[
    str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_require_one_line)
]
# Of thousands of faulty ones, the first says enough.
Lines = Annotated[tuple[Line, ...], Field(max_length=MOST_EVIDENCE, fail_fast=True)]
Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]

# The fields that each trigger may set besides the model. Releasing a given version, or one that
# the gate would keep back, is a person's decision.
_PERMITTED: Mapping[Trigger, frozenset[str]] = {
    Trigger.MANUAL: frozenset({"force", "tune", "version", "by", "evidence"}),
    Trigger.SCHEDULE: frozenset(),
    Trigger.DATA: frozenset({"by", "evidence"}),
    Trigger.DRIFT: frozenset({"evidence"}),
    Trigger.PERFORMANCE: frozenset({"evidence"}),
}


class RetrainingRequest(Frozen):
    """The input of the machine; each trigger may set its own fields only.

    `force` trains even on rows that were trained on before, and releases a candidate whatever its
    comparison with the champion says; its own limits hold all the same. `tune` is how many sets of
    parameters are tried on the candidate that is taken. With `version`, nothing is trained: that
    registered version is released. `by` is who asked, where it was a person, and `evidence` what a
    monitor found, in words.
    """

    model: Annotated[str, Field(pattern=MODEL_NAME_PATTERN)]
    trigger: Trigger = Trigger.MANUAL
    force: StrictBool = False
    tune: Annotated[int, Field(strict=True, ge=0, le=MOST_TRIALS)] = 0
    version: Version | None = None
    by: Name | None = None
    evidence: Lines = ()

    @model_validator(mode="after")
    def _require_permission(self) -> Self:
        fields = RetrainingRequest.model_fields
        set_ = {name for name in fields if getattr(self, name) != fields[name].default}
        refused = set_ - {"model", "trigger"} - _PERMITTED[self.trigger]
        if refused:
            raise ValueError(f"trigger {self.trigger} may not set {', '.join(sorted(refused))}")
        return self


class LockOutcome(StrEnum):
    """What became of asking for a model's lock."""

    HELD = "held"
    WAIT = "wait"
    REFUSED = "refused"


class Locked(Frozen):
    """Whether the execution may go on; `reason` says who is before it."""

    outcome: LockOutcome
    reason: str = ""
    waits: int = 0
    wait_seconds: int = 0


class Prepared(Frozen):
    """The rows are split and validated. `warnings` are what the checks of the data found.

    `generated` and `loaded_at` are what the data set's manifest says of the version.
    `recent` counts the test rows that are recent predictions, staged where they are enough to
    compare models on; `loaded` those that are not feedback, and `deciding` the validation rows that
    are not, on which the threshold or the interval is chosen: both are `None` where no row of the
    version is. `unchanged` says which execution has trained on these rows with this code already,
    where one has and nobody insists.
    """

    dataset_version: str
    rows: dict[str, int]
    quarantined: int
    warnings: tuple[str, ...] = ()
    generated: bool = False
    loaded_at: datetime | None = None
    code_version: str = ""
    recent: int = 0
    loaded: int | None = None
    deciding: int | None = None
    unchanged: str | None = None


class Trained(Frozen):
    """A candidate is fitted and exported."""

    run_id: str
    estimator: str
    parity_maximum_difference: float


class Evaluated(Frozen):
    """The gate has decided.

    The candidate's intervals and slices are in its bundle's manifest.
    """

    verdict: Verdict
    metrics: dict[str, float]
    champion_metrics: dict[str, float] | None = None
    comparison: Comparison | None = None


class Registered(Frozen):
    """The candidate has a version."""

    version: str


class Smoked(Frozen):
    """The version answers its held-out rows; `judgement` compares it on them with the champion.

    `score_psi` is how far its scores are from the champion's there, where the gate found it better:
    as far may they be in traffic.
    """

    rows: int
    judgement: Judgement | None = None
    score_psi: float = 0.0


class Phase(StrEnum):
    """What follows in a gradual release."""

    WATCH = "watch"
    ADVANCE = "advance"
    FINISH = "finish"
    ROLL_BACK = "roll_back"


class RolloutState(Frozen):
    """How far a gradual release has come.

    `step` counts the shares from 0, `since` is when the share began, `waits` how often it was
    waited for more predictions, and `checks` what was judged until now.
    """

    phase: Phase
    step: int = 0
    share: float = 1.0
    since: datetime | None = None
    waits: int = 0
    wait_seconds: int = 0
    reasons: tuple[str, ...] = ()
    checks: tuple[TrialCheck, ...] = ()


class Failure(Frozen):
    """What ended an execution: the state, and the error with its cause in words."""

    step: str
    error: str
    cause: str


class Closed(Frozen):
    """The lock is free and the record written; `outcome` says how it ended."""

    outcome: str
    taken_back: str | None = None


class Released(Frozen):
    """What the pointer names after the release; the old champion still, where the gate kept it."""

    champion: str
    previous: str | None = None


class Recorded(Frozen):
    """The registry's aliases name what the pointer names."""

    champion: str
    previous: str | None = None


class RetrainingState(RetrainingRequest):
    """The machine's data as it grows from state to state.

    `execution` identifies the run of the machine: whatever a step stores under it is overwritten by
    the step's own retry and by nothing else.
    """

    execution: Name
    execution_arn: str = ""
    locked: Locked | None = None
    prepared: Prepared | None = None
    trained: Trained | None = None
    evaluated: Evaluated | None = None
    registered: Registered | None = None
    smoked: Smoked | None = None
    rollout: RolloutState | None = None
    released: Released | None = None
    recorded: Recorded | None = None
    closed: Closed | None = None
    failure: Failure | None = None
