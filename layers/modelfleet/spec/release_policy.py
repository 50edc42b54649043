"""Release plan that a model declares."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from modelfleet.spec.document import Frozen

Share = Annotated[float, Field(gt=0.0, lt=1.0)]
# A release lock outlives the longest execution, and lets no one else change the model until then.
APPROVAL_HOURS_MAXIMUM = 720


class WithoutTraffic(StrEnum):
    """Action for a release that has received too few predictions to decide on.

    `advance` continues, based on the held-out rows that both versions scored; `stop` rolls back and
    leaves the decision to a person.
    """

    ADVANCE = "advance"
    STOP = "stop"


class ReleaseLimits(Frozen):
    """Limits on how much worse the challenger may be than the champion before it is rolled back.

    `error_rate_increase` and `invalid_share_increase` are differences between the shares of failed
    requests and of invalid predictions. `latency_ratio` is the ratio of the arms' p95 latencies; a
    difference within `latency_slack_ms` is always allowed. `score_psi` compares the challenger's
    scores with the champion's. `disagreement` is the share of rows scored by both whose decisions
    differ, or whose values differ by more than a fifth. `loss_increase` is relative to the
    champion's loss on reported outcomes. `error_probability` is the probability, over the whole
    release, of rolling back a version that is as good as the champion.
    """

    error_rate_increase: Annotated[float, Field(ge=0.0)] = 0.002
    invalid_share_increase: Annotated[float, Field(ge=0.0)] = 0.001
    latency_ratio: Annotated[float, Field(ge=1.0)] = 1.5
    latency_slack_ms: Annotated[float, Field(ge=0.0)] = 10.0
    score_psi: Annotated[float, Field(gt=0.0)] = 0.25
    disagreement: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.25
    loss_increase: Annotated[float, Field(ge=0.0)] = 0.1
    error_probability: Annotated[float, Field(gt=0.0, lt=0.5)] = 0.05


class ReleasePolicy(Frozen):
    """Release settings of a model; those left as `None` are taken from the stage.

    With `approval`, a version that the gate promoted waits for a person before it serves.
    """

    shares: Annotated[tuple[Share, ...], Field(min_length=1)] | None = None
    wait_seconds: Annotated[int, Field(ge=0)] | None = None
    minimum_predictions: Annotated[int, Field(ge=1)] | None = None
    waits_maximum: Annotated[int, Field(ge=0)] | None = None
    without_traffic: WithoutTraffic | None = None
    approval: bool | None = None
    limits: ReleaseLimits = ReleaseLimits()

    @model_validator(mode="after")
    def _growing(self) -> Self:
        if self.shares is not None and list(self.shares) != sorted(set(self.shares)):
            raise ValueError("release.shares: shares must increase")
        return self
