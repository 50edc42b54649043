"""Realized and expected performance, and the findings about them."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from modelfleet.spec.document import Frozen
from modelfleet.spec.model import Metric
from modelfleet.statistics.results import Estimate


class Basis(StrEnum):
    """Basis of a performance measure.

    `realised`: reported outcomes. `expected`: calibrated scores only, which estimate performance as
    long as the calibration holds; they cannot reveal a changed relation between features and target
    (concept drift).
    """

    REALISED = "realised"
    EXPECTED = "expected"


class PerformanceStatus(StrEnum):
    """Result of the comparison with performance on held-out rows."""

    DEGRADED = "degraded"
    AS_EXPECTED = "as expected"
    INSUFFICIENT_DATA = "insufficient data"


class VersionPerformance(Frozen, extra="ignore"):
    """Performance of one version.

    `labels` is the number of predictions with a reported outcome, and `labels_share` their share of
    `predictions`. `realised` is measured on them; `expected` is estimated from the scores of all
    predictions. Metrics that cannot be computed are absent. Intervals are 95 % intervals; their
    ends are `None` with too few rows.
    """

    version: str
    predictions: int
    labels: int
    labels_share: float
    realised: dict[Metric, Estimate] = Field(default_factory=dict)
    expected: dict[Metric, Estimate] = Field(default_factory=dict)


class DayPerformance(VersionPerformance):
    """Performance of one version on the predictions of one UTC day."""

    day: date


class PerformanceReport(Frozen, extra="ignore"):
    """Performance of a model from `start` to before `end`, by day and version, and by version.

    `days` are in chronological order; `versions` cover the whole window. `capped` is `versions`
    without the `left_out` outcomes by which one of several clients exceeds half of all; empty if no
    client has more than half. `unmatched` is the number of reported outcomes without a prediction
    in the window: it was made earlier, never made, not captured due to the model's capture share,
    or has not reached the lake yet. `note` explains why `expected` is empty if it is not defined.
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
    """Comparison of a version's metric with its value on held-out rows.

    `change` is the current value minus the held-out value, with the interval of the difference; for
    metrics where lower is better, a negative change is an improvement. `margin` is the allowed
    loss, in the metric's unit. `rows` is the number of labels for realized performance, and of
    predictions for expected performance. `reason` is the finding in words and numbers.
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
        """Whether performance is significantly worse than the margin allows."""
        return self.status is PerformanceStatus.DEGRADED
