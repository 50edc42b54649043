"""Which findings alert people, and which retrain the model."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from modelfleet.spec.document import Frozen

_Hour = Annotated[int, Field(ge=0, le=23)]


class Concern(StrEnum):
    """What a run of the drift function can come upon, the gravest first.

    `performance`: reported outcomes show that the model is worse than on its held-out rows.
    `data_set`: more features have drifted than the drift policy allows. `feature`: at least one
    feature has drifted. `prediction`: the model's answers have. `expected`: the calibrated scores
    alone say that the model does worse. `fault`: what was compared cannot be right.
    """

    PERFORMANCE = "performance"
    DATA_SET = "data_set"
    FEATURE = "feature"
    PREDICTION = "prediction"
    EXPECTED = "expected"
    FAULT = "fault"


class AlertPolicy(Frozen):
    """What is done about what is found.

    Attributes
    ----------
    retrain_on
        Concerns after which the model is retrained.
    warn_on
        Concerns of which people hear.
    warn_after, retrain_after
        Runs in a row that must come upon the same concern before people hear of it, and before the
        model is retrained. A run with too little data neither counts nor interrupts.
    cooldown_minutes
        How long after a warning no other is sent, and after a retraining no other is started.
    quiet_hours
        From and to an hour of UTC in which no warning is sent; what is found then is on record, and
        a run after the hours decides on it anew. Retraining knows no quiet hours.
    """

    retrain_on: tuple[Concern, ...] = (Concern.PERFORMANCE, Concern.DATA_SET, Concern.FEATURE)
    warn_on: tuple[Concern, ...] = tuple(Concern)
    warn_after: Annotated[int, Field(ge=1)] = 1
    retrain_after: Annotated[int, Field(ge=1)] = 3
    cooldown_minutes: Annotated[int, Field(ge=0)] = 60
    quiet_hours: tuple[_Hour, _Hour] | None = None

    @model_validator(mode="after")
    def _retrainable(self) -> Self:
        if Concern.FAULT in self.retrain_on:
            raise ValueError("retrain_on: a fault is no reason to retrain; use warn_on")
        if self.quiet_hours is not None and self.quiet_hours[0] == self.quiet_hours[1]:
            raise ValueError("quiet_hours: start and end are equal; omit them for none")
        return self

    def is_quiet(self, now: datetime) -> bool:
        """Whether a time lies in the quiet hours; those may pass midnight."""
        if self.quiet_hours is None:
            return False
        start, end = self.quiet_hours
        return start <= now.hour < end if start < end else now.hour >= start or now.hour < end

    @property
    def cooldown(self) -> timedelta:
        """How long an action keeps the same action from following."""
        return timedelta(minutes=self.cooldown_minutes)
