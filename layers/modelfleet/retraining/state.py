"""States of the retraining state machine, and the data passed between them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    StrictBool,
    model_serializer,
    model_validator,
)

from modelfleet.evaluation.gate import Verdict
from modelfleet.pages.text import is_one_line
from modelfleet.retraining.approval import Approval
from modelfleet.retraining.trial import Judgement, TrialCheck
from modelfleet.spec.document import Frozen
from modelfleet.spec.model import MODEL_NAME_PATTERN
from modelfleet.statistics.results import Comparison

# The error of an execution whose candidate the gate blocked; its cause contains the reasons.
CANDIDATE_BLOCKED = "CandidateBlocked"
# The error of an execution whose version was judged to be worse than the champion.
ROLLED_BACK = "RolledBack"


class Step(StrEnum):
    """The task states, in order.

    From `lock` to `finish`, no other execution changes the model. `approval` waits for a person,
    where the model's plan asks for one. `smoke_test`, `shift_traffic`,
    and `check_trial` are the gradual part of a release: the last two alternate, with a wait before
    each check, until `promote` gives the version all traffic. `clean_up` runs if any state before
    `finish` fails.

    `promote` runs in the release function, which has no database access. `record` therefore follows
    in the train function: it sets the registry's aliases `champion` and `previous` to the versions
    in the release pointer. It is idempotent, and also applies earlier manual rollbacks.
    """

    LOCK = "lock"
    PREPARE = "prepare"
    TRAIN = "train"
    EVALUATE = "evaluate"
    REGISTER = "register"
    APPROVAL = "approval"
    SMOKE_TEST = "smoke_test"
    SHIFT_TRAFFIC = "shift_traffic"
    CHECK_TRIAL = "check_trial"
    PROMOTE = "promote"
    RECORD = "record"
    FINISH = "finish"
    CLEAN_UP = "clean_up"

    @property
    def result(self) -> str:
        """Key of the step's result in the state machine's data."""
        return _RESULTS[self]


_RESULTS = {
    Step.LOCK: "locked",
    Step.PREPARE: "prepared",
    Step.TRAIN: "trained",
    Step.EVALUATE: "evaluated",
    Step.REGISTER: "registered",
    Step.APPROVAL: "approval",
    Step.SMOKE_TEST: "smoked",
    Step.SHIFT_TRAFFIC: "trial",
    Step.CHECK_TRIAL: "trial",
    Step.PROMOTE: "released",
    Step.RECORD: "recorded",
    Step.FINISH: "closed",
    Step.CLEAN_UP: "closed",
}


class Trigger(StrEnum):
    """Triggers of a retraining."""

    SCHEDULE = "schedule"
    DRIFT = "drift"
    PERFORMANCE = "performance"
    MANUAL = "manual"
    DATA = "data"


# Fewer fit in a Lambda function's time limit; the bound keeps a typo from using all of it.
MOST_TRIALS = 500
# Every state of an execution carries the evidence, and alerts quote it.
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
# Names that Step Functions gives, or that it accepts and also logs to CloudWatch.
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
ExecutionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")]

# The fields that each trigger may set besides the model. Only a person may release a given version,
# or a version that the gate would not promote.
_PERMITTED: Mapping[Trigger, frozenset[str]] = {
    Trigger.MANUAL: frozenset({"force", "tune", "version", "resume", "by", "evidence"}),
    Trigger.SCHEDULE: frozenset(),
    Trigger.DATA: frozenset({"by", "evidence"}),
    Trigger.DRIFT: frozenset({"evidence"}),
    Trigger.PERFORMANCE: frozenset({"evidence"}),
}


class RetrainingRequest(Frozen):
    """Input of the state machine; each trigger may only set its own fields.

    `force` trains even if the rows were trained on before, and releases the candidate regardless of
    its comparison with the champion; the absolute limits still apply. `tune` is the number of
    hyperparameter sets to try on the chosen candidate. With `version`, nothing is trained, and that
    registered version is released. With `resume`, the steps that this failed execution finished are
    not repeated. `by` is the person who requested it, if any, and `evidence` the findings of a
    monitor, in words.
    """

    model: Annotated[str, Field(pattern=MODEL_NAME_PATTERN)]
    trigger: Trigger = Trigger.MANUAL
    force: StrictBool = False
    tune: Annotated[int, Field(strict=True, ge=0, le=MOST_TRIALS)] = 0
    version: Version | None = None
    resume: ExecutionName | None = None
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
    """Results of an attempt to take a model's lock."""

    HELD = "held"
    WAIT = "wait"
    REFUSED = "refused"


class Locked(Frozen):
    """Whether the execution may continue; otherwise, `reason` names the lock's holder."""

    outcome: LockOutcome
    reason: str = ""
    waits: int = 0
    wait_seconds: int = 0


class Prepared(Frozen):
    """Result of `prepare`: the rows are validated and split.

    `open_cases` and `excluded` are rows of the loaded file that the version leaves out, see
    `DatasetManifest`. `warnings` are the warnings of the data checks. `generated` and `loaded_at`
    come from the data set's manifest. `recent` is the number of test rows that are recent
    predictions, staged if there are enough to compare models on. `loaded` is the number of test
    rows that are not feedback, and `deciding` the number of such training rows, on which the
    threshold or the interval is chosen; both are `None` if the version has no feedback. `unchanged`
    names the execution that has already trained on these rows with this code, if there is one and
    training was not forced.
    """

    dataset_version: str
    rows: dict[str, int]
    quarantined: int
    open_cases: int = 0
    excluded: int = 0
    warnings: tuple[str, ...] = ()
    generated: bool = False
    loaded_at: datetime | None = None
    code_version: str = ""
    recent: int = 0
    loaded: int | None = None
    deciding: int | None = None
    unchanged: str | None = None


class Trained(Frozen):
    """Result of `train`: the candidate is fitted and exported."""

    run_id: str
    estimator: str
    parity_maximum_difference: float


class Evaluated(Frozen):
    """Result of `evaluate`: the gate's verdict.

    The candidate's confidence intervals and slices are in its bundle's manifest.
    """

    verdict: Verdict
    metrics: dict[str, float]
    champion_metrics: dict[str, float] | None = None
    comparison: Comparison | None = None


class Registered(Frozen):
    """Result of `register`: the candidate's version."""

    version: str


class Smoked(Frozen):
    """Result of `smoke`: the version scores its held-out rows as it did in training.

    `judgement` compares it with the champion on them. `score_psi` is the PSI between the versions'
    scores on these rows if the gate found the version better; the same PSI is allowed in traffic.
    """

    rows: int
    judgement: Judgement | None = None
    score_psi: float = 0.0


class Phase(StrEnum):
    """Next phase of a gradual release."""

    WATCH = "watch"
    ADVANCE = "advance"
    FINISH = "finish"
    ROLL_BACK = "roll_back"


class TrialState(Frozen):
    """Progress of a gradual release.

    `step` is the index of the share, `since` the time when the version received it, `waits` the
    number of waits for more predictions, and `checks` the judgments so far.
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
    """Failure of an execution: the state, and the error with its cause in words."""

    step: str
    error: str
    cause: str


class Closed(Frozen):
    """Result of `close` and `clean_up`: the record is written and the lock released."""

    outcome: str
    taken_back: str | None = None


class Released(Frozen):
    """Versions in the release pointer after the release; the same as before if it was kept."""

    champion: str
    previous: str | None = None


class Recorded(Frozen):
    """Result of `record`: the versions of the registry's aliases, as in the release pointer."""

    champion: str
    previous: str | None = None


class ResumedRequest(RetrainingRequest):
    """A validated request with the results of the steps that need not run again.

    `work` is the execution that started the work, and under which its files are staged.
    """

    work: Name
    prepared: Prepared
    trained: Trained | None = None
    evaluated: Evaluated | None = None
    registered: Registered | None = None
    approval: Approval | None = None

    @model_serializer(mode="wrap")
    def _without_missing_results(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what has no result: the state machine asks whether there is one."""
        asked = RetrainingRequest.model_fields
        return {key: value for key, value in dump(self).items() if key in asked or value}


class RetrainingState(RetrainingRequest):
    """Data of the state machine; each state adds its result.

    `execution` identifies the execution. Objects that a step stores under it are only overwritten
    by a retry of the same step. `work` is the execution that this one resumes, if any.
    """

    execution: Name
    execution_arn: str = ""
    work: Name | None = None
    locked: Locked | None = None
    prepared: Prepared | None = None
    trained: Trained | None = None
    evaluated: Evaluated | None = None
    registered: Registered | None = None
    approval: Approval | None = None
    smoked: Smoked | None = None
    trial: TrialState | None = None
    released: Released | None = None
    recorded: Recorded | None = None
    closed: Closed | None = None
    failure: Failure | None = None

    @property
    def staged_by(self) -> str:
        """Execution under which the files of the retraining are staged."""
        return self.work or self.execution
