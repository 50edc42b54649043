"""Drift state kept between runs: streaks, the last decision, alerts, and silences."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from modelfleet.drift.report import Severity
from modelfleet.spec.alert_policy import Concern
from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import DriftStateError

# Older alerts are dropped from the state; their reports are kept.
ALERTS_MAXIMUM = 100


class DriftAction(StrEnum):
    """Actions after a drift run, strongest last."""

    NONE = "none"
    WARN = "warn"
    RETRAIN = "retrain"


class Trouble(Frozen, extra="ignore"):
    """Finding of a drift run, in words and numbers."""

    concern: Concern
    severity: Severity
    text: str


class Decision(Frozen, extra="ignore"):
    """Decision on a run's findings.

    `held_back` contains the reason for each action that was suppressed. `window_end` identifies the
    run: a repeated run on the same window gets the same decision.
    """

    model: str
    version: str
    window_end: AwareDatetime
    decided_at: AwareDatetime
    action: DriftAction
    troubles: tuple[Trouble, ...] = ()
    held_back: tuple[str, ...] = ()
    report: str
    announced: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """Findings in words."""
        return tuple(trouble.text for trouble in self.troubles)


class Alert(Frozen, extra="ignore"):
    """Alert on a series of runs with findings; it ends with the first run without any.

    An acknowledged alert is not sent again unless a stronger action follows.
    """

    id: str
    version: str
    action: DriftAction
    concerns: tuple[Concern, ...]
    reasons: tuple[str, ...]
    report: str
    opened_at: AwareDatetime
    seen_at: AwareDatetime
    runs: int
    acknowledged_at: AwareDatetime | None = None
    acknowledged_by: str | None = None
    ended_at: AwareDatetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the alert is open."""
        return self.ended_at is None


class Silence(Frozen, extra="ignore"):
    """Silence of a model's alerts, with its end, author, and reason."""

    until: AwareDatetime
    by: str
    since: AwareDatetime
    reason: str = ""


class DriftState(Document):
    """Drift state of a model, stored as one object.

    `streaks` counts consecutive windows with new evidence in which a concern of `version` was
    detected; `counted` is the end of the last window that extended or reset a concern's streak.
    Both restart with a new version. `last` is the newest decision; `alerts` are ordered newest
    first.
    """

    noun = "drift state"
    error = DriftStateError

    model: str
    version: str | None = None
    streaks: dict[Concern, int] = Field(default_factory=dict)
    counted: dict[Concern, AwareDatetime] = Field(default_factory=dict)
    last: Decision | None = None
    warned_at: AwareDatetime | None = None
    retrained_at: AwareDatetime | None = None
    silence: Silence | None = None
    silences: tuple[Silence, ...] = ()
    alerts: tuple[Alert, ...] = ()

    @property
    def open_alert(self) -> Alert | None:
        """The open alert, if any."""
        return next((alert for alert in self.alerts if alert.is_open), None)
