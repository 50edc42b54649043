"""A model's release plan: what it declares about its own releases."""

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
    """How much worse than the old arm the new one may be before it is rolled back.

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
            raise ValueError("rollout.shares: shares must increase")
        return self
