"""What is kept between drift runs: consecutive detections, decisions, alerts, silences."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from modelfleet.drift.report import Severity
from modelfleet.spec.alert_policy import Concern
from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import DriftStateError

# Older alerts leave the state; the reports that they name stay.
ALERTS_MAXIMUM = 100


class DriftAction(StrEnum):
    """What a run of the drift function leads to, the gravest last."""

    NONE = "none"
    WARN = "warn"
    RETRAIN = "retrain"


class Trouble(Frozen):
    """Something that a run came upon, in words and numbers."""

    concern: Concern
    severity: Severity
    text: str


class Decision(Frozen):
    """What is done about a run's troubles.

    `held_back` says, for each action that the troubles would have led to, why it was not taken. The
    `window_end` names the run: whoever asks again for the same window gets the same decision.
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
        """The troubles in words."""
        return tuple(trouble.text for trouble in self.troubles)


class Alert(Frozen):
    """What people were, or would have been, told of; it ends with the first run without trouble.

    While it is acknowledged, it is not told again unless it comes to a graver action.
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
        """Whether the last run still came upon it."""
        return self.ended_at is None


class Silence(Frozen):
    """Until when nobody is told of a model's alerts, by whom, and why."""

    until: AwareDatetime
    by: str
    since: AwareDatetime
    reason: str = ""


class DriftState(Document, extra="forbid"):
    """All that watching remembers of a model, written as one object.

    `streaks` counts the runs in a row that came upon a concern in `version`; another version starts
    anew. `last` is the newest decision, `alerts` the newest first.
    """

    noun = "drift state"
    error = DriftStateError

    model: str
    version: str | None = None
    streaks: dict[Concern, int] = Field(default_factory=dict)
    last: Decision | None = None
    warned_at: AwareDatetime | None = None
    retrained_at: AwareDatetime | None = None
    silence: Silence | None = None
    silences: tuple[Silence, ...] = ()
    alerts: tuple[Alert, ...] = ()

    @property
    def open_alert(self) -> Alert | None:
        """The alert that the last run still came upon."""
        return next((alert for alert in self.alerts if alert.is_open), None)
