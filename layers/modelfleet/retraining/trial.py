"""Trial of a version next to the champion: plan, evidence, judgment."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from modelfleet.spec.document import Frozen
from modelfleet.spec.release_policy import ReleaseLimits, ReleasePolicy, Share, WithoutTraffic


class TrialPlan(Frozen):
    """Plan of a release: the shares before full traffic, and how each is judged.

    Both arms are judged `wait_seconds` after a share was given. With fewer than
    `minimum_predictions` on either arm, the trial waits again, at most `waits_maximum` times per
    share.
    """

    shares: Annotated[tuple[Share, ...], Field(min_length=1)]
    wait_seconds: Annotated[int, Field(ge=0)]
    minimum_predictions: Annotated[int, Field(ge=1)]
    waits_maximum: Annotated[int, Field(ge=0)]
    without_traffic: WithoutTraffic
    limits: ReleaseLimits

    def for_model(self, trial: ReleasePolicy) -> "TrialPlan":
        """Return the plan with the model's declared settings in place of the stage's."""
        declared = {name: getattr(trial, name) for name in TrialPlan.model_fields}
        return self.model_copy(update={k: v for k, v in declared.items() if v is not None})


class Criterion(StrEnum):
    """Criteria for comparing the arms."""

    ERRORS = "errors"
    LATENCY = "latency"
    INVALID = "invalid answers"
    SCORES = "scores"
    DISAGREEMENT = "disagreement"
    OUTCOMES = "outcomes"


class Outcome(StrEnum):
    """Outcomes of a judgment."""

    ADVANCE = "advance"
    ROLL_BACK = "roll_back"
    WAIT = "wait"


class Finding(Frozen):
    """Finding for one criterion; `worse` means significantly worse than allowed."""

    criterion: Criterion
    worse: bool
    text: str


class ArmSummary(Frozen):
    """Summary of one arm's evidence. Times are in milliseconds; `loss_interval` is a 95 % CI."""

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
    """Status of an experiment, based on the reported outcomes if there are enough of them.

    `probability_better` is the probability that the challenger is better. `outcomes_needed` is the
    total number of outcomes that each arm needs to detect a difference of the model's
    `loss_increase`. `disagreements` counts rows scored by both, as in shadow mode.
    """

    probability_better: float | None = None
    outcomes_needed: int | None = None
    scored_by_both: int = 0
    disagreements: int = 0


class Judgement(Frozen):
    """Outcome of a judgment, with its reasons and the evidence of both arms."""

    outcome: Outcome
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    champion: ArmSummary | None = None
    challenger: ArmSummary | None = None


class TrialCheck(Frozen):
    """A judgment at one share, as stored in the release record."""

    share: float
    judged_at: datetime
    judgement: Judgement
