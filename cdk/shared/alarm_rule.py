"""Alarms as values: metrics, limit, severity, and section of the runbook."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from modelfleet.metrics.drift_metrics import DriftMetric
from modelfleet.metrics.serving_metrics import Dimension, ServingMetric
from modelfleet.settings import drift_namespace, namespace

LAMBDA = "AWS/Lambda"
RUNBOOK = "docs/runbooks/alarms.md"
MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Severity(StrEnum):
    """Severity of an alarm, by how soon a person has to act."""

    CRITICAL = "critical"
    WARNING = "warning"


class Comparison(StrEnum):
    """Comparison of a value with the limit that raises the alarm."""

    AT_LEAST = "at least"
    OVER = "over"
    BELOW = "below"
    AT_MOST = "at most"


class MissingData(StrEnum):
    """Treatment of periods without data."""

    OK = "ok"
    BREACHING = "breaching"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A statistic of one metric."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"


@dataclass(frozen=True, kw_only=True)
class BackedUp:
    """A backup vault, and the number of resources that are copied to it every day."""

    vault: str
    resources: int


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """One alarm."""

    kind: str
    """Its name without the model's, and its heading in the runbook."""

    severity: Severity

    summary: str
    """Text of the notification about what happened."""

    metrics: Mapping[str, Measured]
    """The metrics by their names in `expression`; exactly one if there is none."""

    expression: str | None = None

    comparison: Comparison = Comparison.AT_LEAST

    limit: float

    period_seconds: int

    periods: int = 1
    """How many of the latest periods count."""

    periods_to_alarm: int | None = None
    """How many of them must cross the limit; `None`: all."""

    missing: MissingData = MissingData.OK

    significant_only: bool = False
    """Whether to ignore a percentile p of fewer than 10 / (1 - p) values."""

    model: str | None = None

    @property
    def name(self) -> str:
        """The alarm's name within its stage."""
        return f"{self.model}-{self.kind}" if self.model else self.kind

    @property
    def description(self) -> str:
        """The first line of a notification."""
        subject = f"{self.model}: " if self.model else ""
        return f"[{self.severity}] {subject}{self.summary}. What to do: {RUNBOOK}#{self.kind}"


def measured_in(stage: str, metric: ServingMetric | DriftMetric) -> str:
    """The namespace that a metric is in."""
    return drift_namespace(stage) if isinstance(metric, DriftMetric) else namespace(stage)


def of_stage(stage: str, metric: ServingMetric | DriftMetric, statistic: str = "Sum") -> Measured:
    """A metric of all models together; it has no dimensions, as the namespace is the stage's."""
    return Measured(
        namespace=measured_in(stage, metric), name=metric, dimensions={}, statistic=statistic
    )


def of_model(
    stage: str, model: str, metric: ServingMetric | DriftMetric, statistic: str = "Sum"
) -> Measured:
    """Return a metric of one model."""
    return Measured(
        namespace=measured_in(stage, metric),
        name=metric,
        dimensions={Dimension.MODEL.value: model},
        statistic=statistic,
    )


def share_in_percent(part: str, whole: str, *, at_least: int) -> str:
    """Return metric math for a percentage that is 0 if `whole` is less than `at_least`.

    A single failed request at night is 100 %, but not an emergency.
    """
    return f"IF({whole} >= {at_least}, 100 * {part} / {whole}, 0)"
