"""Summaries of a model: one per UTC day, and one of the newest state."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from pydantic import AwareDatetime

from modelfleet.drift.performance.report import PerformanceFinding, VersionPerformance
from modelfleet.drift.report import ColumnDrift, DriftStatus, DriftTest, RunFindings, Severity
from modelfleet.drift.segments.report import SegmentReport
from modelfleet.drift.state import Decision, DriftAction
from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import DriftStateError
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import Estimate

# Days of the fleet page's sparkline, and of the trend next to it.
LATEST_DAYS = 30


class Traffic(Frozen, extra="ignore"):
    """Requests of a UTC day to all versions of a model.

    `rejections` were answered 4xx and `errors` 5xx. Latencies are in milliseconds from arrival to
    response; `None` without requests.
    """

    requests: int = 0
    predictions: int = 0
    rejections: int = 0
    errors: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


class TrafficReader(Protocol):
    """Reads the traffic of models by day."""

    def daily(
        self, models: Sequence[str], first: date, last: date
    ) -> Mapping[str, Mapping[date, Traffic]]:
        """Return the traffic of each model on the days from first to last that had any.

        Raises
        ------
        CallError
            If the metrics cannot be read.
        """
        ...


class ColumnSummary(Frozen, extra="ignore"):
    """Drift of a feature or the prediction in one run.

    `psi` is the population stability index minus its expected value under no drift; `limit` is the
    policy's. `importance` is the loss that permuting the column causes on held-out rows; `None` for
    predictions, and for versions trained before it was recorded.
    """

    name: str
    drifted: bool
    severity: Severity
    psi: float | None = None
    limit: float | None = None
    importance: float | None = None


class DriftSummary(Frozen, extra="ignore"):
    """Result of a drift run: status, columns ordered worst first, decision, and its reasons.

    `report` is the folder of the run's reports.
    """

    window_start: AwareDatetime
    window_end: AwareDatetime
    version: str
    status: DriftStatus
    reason: str
    rows: int
    drifted_share: float
    columns: tuple[ColumnSummary, ...]
    predictions: tuple[ColumnSummary, ...] = ()
    action: DriftAction
    findings: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()
    report: str

    @property
    def drifted(self) -> tuple[ColumnSummary, ...]:
        """Drifted features, worst first, followed by drifted predictions."""
        return tuple(column for column in (*self.columns, *self.predictions) if column.drifted)


class DaySummary(Document):
    """Summary of one UTC day.

    `versions` is the performance on the day's predictions, with outcomes reported until a week
    later. `drift` is the last run whose window ended on that day, and `segments` are the slices and
    groups that it measured on the predictions of a week; `traffic` is `None` if it could not be
    read.
    """

    noun = "daily summary"
    error = DriftStateError

    model: str
    day: date
    traffic: Traffic | None = None
    versions: tuple[VersionPerformance, ...] = ()
    drift: DriftSummary | None = None
    segments: SegmentReport | None = None

    @property
    def predictions(self) -> int:
        """Predictions of all versions: as counted, or else as captured."""
        if self.traffic is not None:
            return self.traffic.predictions
        return sum(version.predictions for version in self.versions)


class TrendDay(Frozen, extra="ignore"):
    """A day on the fleet page: predictions, and the primary metric of the version that made most.

    `realised` is measured on reported outcomes; `expected` is estimated from scores.
    """

    day: date
    predictions: int
    realised: Estimate | None = None
    expected: Estimate | None = None


class LatestSummary(Document):
    """Newest state of a model: the last run, performance of its week, and recent days, newest last.

    `performance` compares the champion's primary metric with its value on held-out rows.
    """

    noun = "summary"
    error = DriftStateError

    model: str
    made_at: AwareDatetime
    drift: DriftSummary
    performance: tuple[PerformanceFinding, ...] = ()
    days: tuple[TrendDay, ...] = ()


def summarize_run(found: RunFindings, decision: Decision) -> DriftSummary:
    """Summarize a drift run without its distributions."""
    report, importance = found.drift, found.manifest.importance
    return DriftSummary(
        window_start=report.window.start,
        window_end=report.window.end,
        version=report.version,
        status=report.status,
        reason=report.reason,
        rows=report.current_rows,
        drifted_share=report.drifted_share,
        columns=tuple(_column(each, importance.get(each.name)) for each in report.columns),
        predictions=tuple(_column(each, None) for each in report.answers),
        action=decision.action,
        findings=decision.reasons,
        held_back=decision.held_back,
        report=decision.report,
    )


def trend_day(spec: ModelSpec, summary: DaySummary) -> TrendDay:
    """Reduce a day to its line on the fleet page."""
    largest = max(summary.versions, key=lambda each: each.predictions, default=None)
    primary = spec.gate.primary
    return TrendDay(
        day=summary.day,
        predictions=summary.predictions,
        realised=largest.realised.get(primary) if largest else None,
        expected=largest.expected.get(primary) if largest else None,
    )


def _column(column: ColumnDrift, importance: float | None) -> ColumnSummary:
    found = column.finding(DriftTest.PSI)
    psi = None
    if found is not None:
        psi = found.statistic if found.effect_size is None else found.effect_size
    return ColumnSummary(
        name=column.name,
        drifted=column.drifted,
        severity=column.severity,
        psi=psi,
        limit=None if found is None else found.threshold,
        importance=importance,
    )
