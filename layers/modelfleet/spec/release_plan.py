"""A gradual release: its plan, the evidence on both arms, and what is decided on it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from modelfleet.spec.document import Frozen

Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class WithoutTraffic(StrEnum):
    """What becomes of a release that too few predictions say anything about.

    `advance` goes on, on the held-out rows that both versions were asked to answer; `stop` takes it
    back and leaves the version to a person.
    """

    ADVANCE = "advance"
    STOP = "stop"


class RolloutLimits(Frozen):
    """How much worse than the old arm the new one may be; beyond it, and beyond chance, it goes.

    `error_rate_increase` and `invalid_share_increase` are differences of shares of the requests, or
    predictions; `latency_ratio` is between the arms' p95, of which a difference within
    `latency_slack_ms` is never too much; `score_psi` is of the new arm's scores
    against the old one's; `disagreement` is the share of rows, scored by both, that the arms decide
    differently, or value more than a fifth apart; `loss_increase` is relative to the old arm's loss
    on the outcomes that came back. `error_probability` is the chance to take back, over the whole
    release, a version that is as good as the old one.
    """

    error_rate_increase: Annotated[float, Field(ge=0.0)] = 0.002
    invalid_share_increase: Annotated[float, Field(ge=0.0)] = 0.001
    latency_ratio: Annotated[float, Field(ge=1.0)] = 1.5
    latency_slack_ms: Annotated[float, Field(ge=0.0)] = 10.0
    score_psi: Annotated[float, Field(gt=0.0)] = 0.25
    disagreement: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.25
    loss_increase: Annotated[float, Field(ge=0.0)] = 0.1
    error_probability: Annotated[float, Field(gt=0.0, lt=0.5)] = 0.05


class Rollout(Frozen):
    """What a model declares about its releases; what it leaves open is its stage's to say."""

    shares: Annotated[tuple[Share, ...], Field(min_length=1)] | None = None
    wait_seconds: Annotated[int, Field(ge=0)] | None = None
    minimum_predictions: Annotated[int, Field(ge=1)] | None = None
    waits_maximum: Annotated[int, Field(ge=0)] | None = None
    without_traffic: WithoutTraffic | None = None
    limits: RolloutLimits = RolloutLimits()

    @model_validator(mode="after")
    def _growing(self) -> Self:
        if self.shares is not None and list(self.shares) != sorted(set(self.shares)):
            raise ValueError("rollout.shares: each share must be larger than the one before")
        return self


class RolloutPlan(Frozen):
    """One release's plan: the shares before the whole, and how each of them is looked at.

    After `wait_seconds` at a share, both arms are judged. With fewer than `minimum_predictions` on
    either arm it is waited again, at most `waits_maximum` times a share.
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
    """One criterion, in words and numbers; `worse` means beyond the limit and beyond chance."""

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
