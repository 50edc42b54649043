"""Alert policy: which findings send an alert, and which retrain the model."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from modelfleet.spec.document import Frozen

_Hour = Annotated[int, Field(ge=0, le=23)]


class Concern(StrEnum):
    """Kinds of findings of a drift run, most severe first.

    `performance`: reported outcomes show that the model performs worse than on its holdout.
    `segment`: they show it for one of its slices. `fairness`: two groups of a sensitive column
    differ by more than the drift policy allows. `data_set`: more features have drifted than the
    drift policy allows. `feature`: at least one feature has drifted. `prediction`: the predictions
    have drifted. `new_category`: requests were refused because of a category that the model does
    not list. `expected`: performance estimated from calibrated scores has dropped. `fault`: the
    compared data are inconsistent.
    """

    PERFORMANCE = "performance"
    SEGMENT = "segment"
    FAIRNESS = "fairness"
    DATA_SET = "data_set"
    FEATURE = "feature"
    PREDICTION = "prediction"
    NEW_CATEGORY = "new_category"
    EXPECTED = "expected"
    FAULT = "fault"


class AlertPolicy(Frozen):
    """Actions taken on the findings of a drift run.

    Attributes
    ----------
    retrain_on
        Concerns that retrain the model.
    warn_on
        Concerns that send a warning.
    warn_after, retrain_after
        Consecutive windows in which the same concern must be detected before a warning is sent or
        the model is retrained. A window extends or resets a concern's streak only if it has enough
        new predictions since the last window that did. For `performance`, `segment`, `fairness`,
        `expected`, and `new_category`, 20 hours since that window are enough.
    cooldown_minutes
        Minimum time between two warnings, and between two retrainings.
    quiet_hours
        Start and end hour, in UTC, between which no warning is sent. Findings are still recorded,
        and the next run after the quiet hours decides on them again. Retraining is not affected.
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
            raise ValueError("retrain_on: a fault cannot trigger a retraining; use warn_on")
        if Concern.NEW_CATEGORY in self.retrain_on:
            raise ValueError("retrain_on: no row with a refused category is stored; use warn_on")
        if self.quiet_hours is not None and self.quiet_hours[0] == self.quiet_hours[1]:
            raise ValueError("quiet_hours: start and end are equal; omit them for none")
        return self

    def is_quiet(self, now: datetime) -> bool:
        """Return whether a time is within the quiet hours, which may span midnight."""
        if self.quiet_hours is None:
            return False
        start, end = self.quiet_hours
        return start <= now.hour < end if start < end else now.hour >= start or now.hour < end

    @property
    def cooldown(self) -> timedelta:
        """Minimum time between two actions of the same kind."""
        return timedelta(minutes=self.cooldown_minutes)
