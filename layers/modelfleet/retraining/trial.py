"""A trial of a version beside the champion: plan, evidence, judgment."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from modelfleet.spec.document import Frozen
from modelfleet.spec.release_plan import Rollout, RolloutLimits, Share, WithoutTraffic


class RolloutPlan(Frozen):
    """One release's plan: the shares before the whole, and how each of them is looked at.

    After `wait_seconds` at a share, both arms are judged. With fewer than `minimum_predictions` on
    either arm, the trial waits again, at most `waits_maximum` times a share.
    """

    shares: Annotated[tuple[Share, ...], Field(min_length=1)]
    wait_seconds: Annotated[int, Field(ge=0)]
    minimum_predictions: Annotated[int, Field(ge=1)]
    waits_maximum: Annotated[int, Field(ge=0)]
    without_traffic: WithoutTraffic
    limits: RolloutLimits

    def for_model(self, rollout: Rollout) -> "RolloutPlan":
        """The stage's plan with what the model declares put over it."""
        declared = {name: getattr(rollout, name) for name in Rollout.model_fields}
        return self.model_copy(update={k: v for k, v in declared.items() if v is not None})


class Criterion(StrEnum):
    """What the arms are compared by."""

    ERRORS = "errors"
    LATENCY = "latency"
    INVALID = "invalid answers"
    SCORES = "scores"
    DISAGREEMENT = "disagreement"
    OUTCOMES = "outcomes"


class Outcome(StrEnum):
    """What a look at both arms says."""

    ADVANCE = "advance"
    ROLL_BACK = "roll_back"
    WAIT = "wait"


class Finding(Frozen):
    """One criterion, in words and numbers; `worse` means significantly worse than allowed."""

    criterion: Criterion
    worse: bool
    text: str


class ArmSummary(Frozen):
    """What is kept of one arm's evidence. Times are milliseconds; the interval is of 95 %."""

    version: str
    requests: int
    errors: int
    predictions: int
    invalid: int
    latency_p50_ms: float | None = None
    latency_p95_ms: float | None = None
    mean_score: float | None = None
    outcomes: int = 0
    mean_loss: float | None = None
    loss_interval: tuple[float, float] | None = None


class Standing(Frozen):
    """How an experiment stands by the outcomes that came back, where there are enough to say.

    `probability_better` is the challenger's; `outcomes_needed` is for each arm and in all, to tell
    a difference of the model's `loss_increase`. `disagreements` are of the rows that both scored,
    which they do in shadow mode.
    """

    probability_better: float | None = None
    outcomes_needed: int | None = None
    scored_by_both: int = 0
    disagreements: int = 0


class Judgement(Frozen):
    """A look's outcome with its reasons and the evidence of both arms."""

    outcome: Outcome
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    champion: ArmSummary | None = None
    challenger: ArmSummary | None = None


class TrialCheck(Frozen):
    """A judgement at one share, as the release's record keeps it."""

    share: float
    judged_at: datetime
    judgement: Judgement
