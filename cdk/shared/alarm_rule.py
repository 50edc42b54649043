"""What an alarm is on, how bad it is, and where it is written what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

LAMBDA = "AWS/Lambda"
RUNBOOK = "docs/runbooks/alarms.md"
MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Severity(StrEnum):
    """Whether somebody is woken."""

    CRITICAL = "critical"
    WARNING = "warning"


class Crossing(StrEnum):
    """How a limit is crossed; the limit itself crosses `FROM` and `UP_TO`."""

    FROM = "from"
    OVER = "over"
    BELOW = "below"
    UP_TO = "up to"


class Missing(StrEnum):
    """What it means that nothing was measured."""

    FINE = "fine"
    BAD = "bad"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A statistic of one metric."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """One alarm.

    `kind` is its name without the model's, and its heading in the runbook. `metrics` are known to
    the `expression` by their keys; without one, there is one metric. It goes off when
    `periods_to_alarm` of the latest `periods` cross the `limit`, or all of them. With
    `significant_only` a percentile of few values changes nothing: of fewer than 10 / (1 - p).
    """

    kind: str
    severity: Severity
    says: str
    metrics: Mapping[str, Measured]
    limit: float
    period_seconds: int
    expression: str | None = None
    crossing: Crossing = Crossing.FROM
    periods: int = 1
    periods_to_alarm: int | None = None
    missing: Missing = Missing.FINE
    significant_only: bool = False
    model: str | None = None

    @property
    def name(self) -> str:
        """The alarm's name within its stage."""
        return f"{self.model}-{self.kind}" if self.model else self.kind

    @property
    def description(self) -> str:
        """What whoever is notified reads first."""
        subject = f"{self.model}: " if self.model else ""
        return f"[{self.severity}] {subject}{self.says}. What to do: {RUNBOOK}#{self.kind}"


def share_in_percent(part: str, whole: str, *, at_least: int) -> str:
    """Write the metric math of a share, which is 0 of fewer than `at_least`.

    One failure in the only request of the night is 100 %, and nobody's emergency.
    """
    return f"IF({whole} >= {at_least}, 100 * {part} / {whole}, 0)"
