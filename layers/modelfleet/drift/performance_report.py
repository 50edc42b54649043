"""Realized and expected performance, and the findings about them."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from modelfleet.spec.document import Frozen
from modelfleet.spec.model import Metric
from modelfleet.statistics.results import Estimate


class Basis(StrEnum):
    """What a measure of a model in service rests on.

    `realised`: outcomes that were reported. `expected`: the calibrated scores alone, which say how
    good the model is as long as they still mean what they meant in training; a change of the
    relation between features and target does not show in them.
    """

    REALISED = "realised"
    EXPECTED = "expected"


class PerformanceStatus(StrEnum):
    """What a comparison with the held-out rows of training came to."""

    DEGRADED = "degraded"
    AS_EXPECTED = "as expected"
    INSUFFICIENT_DATA = "insufficient data"


class VersionPerformance(Frozen, extra="ignore"):
    """One version's predictions, and what is known of them.

    `labels` counts those whose outcome has been reported, `labels_share` is their share of
    `predictions`. `realised` is measured on them, `expected` estimated on all predictions from
    their scores; a metric that cannot be told yet is absent. Ends are those of 95 % intervals, and
    `None` where there are too few rows for one.
    """

    version: str
    predictions: int
    labels: int
    labels_share: float
    realised: dict[Metric, Estimate] = Field(default_factory=dict)
    expected: dict[Metric, Estimate] = Field(default_factory=dict)


class DayPerformance(VersionPerformance):
    """One version's predictions of one day of UTC, by the day on which they were made."""

    day: date


class PerformanceReport(Frozen, extra="ignore"):
    """A model's predictions from `start` to before `end`, by day and version and as a whole.

    `days` are in the order of time, `versions` are the same predictions over the whole window.
    `capped` is what `versions` is without the outcomes that one of several clients has beyond half
    of all, `left_out` how many these are; both are empty where no client has more than half.
    `unmatched` counts reported outcomes without a prediction in the window: it was made earlier, or
    never, or was left out by the model's sampling share, or is on its way to the lake. `note` says
    why `expected` is empty, where it is not defined.
    """

    model: str
    start: datetime
    end: datetime
    made_at: datetime
    days: tuple[DayPerformance, ...] = ()
    versions: tuple[VersionPerformance, ...] = ()
    capped: tuple[VersionPerformance, ...] = ()
    left_out: int = 0
    unmatched: int = 0
    note: str = ""


class PerformanceFinding(Frozen, extra="ignore"):
    """One version's metric in service beside its value on the held-out rows of its training.

    `change` is in service minus held out, with the interval of that difference; negative ends may
    be an improvement, where less is better. `margin` is how much worse it may be, in the metric's
    own unit. `rows` are those it rests on: labels where it is realised, predictions where it is
    expected. `reason` says it in words and numbers.
    """

    version: str
    metric: Metric
    basis: Basis
    status: PerformanceStatus
    rows: int
    value: Estimate | None = None
    held_out: Estimate | None = None
    change: Estimate | None = None
    margin: float
    reason: str

    @property
    def degraded(self) -> bool:
        """Whether it is worse by more than the margin, significantly."""
        return self.status is PerformanceStatus.DEGRADED
