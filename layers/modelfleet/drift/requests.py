"""The drift function's request and response, and the events it publishes."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from modelfleet.captures.window import Window
from modelfleet.drift.report import DriftStatus
from modelfleet.drift.state import Decision, DriftAction
from modelfleet.retraining.state import MOST_EVIDENCE, Trigger, one_line
from modelfleet.spec.alert_policy import Concern
from modelfleet.spec.document import Frozen

HOURS = 24.0
_MOST_HOURS = 24.0 * 31

DRIFT_FOUND = "drift found"
PERFORMANCE_DEGRADED = "performance degraded"
# Trigger of the retraining, by event type.
TRIGGERS = {DRIFT_FOUND: Trigger.DRIFT, PERFORMANCE_DEGRADED: Trigger.PERFORMANCE}


class DriftRequest(Frozen):
    """Request to check the predictions of `window_hours` up to `window_end`, or up to now.

    With `whole_hours`, the window ends with the last full hour, so that a retry within the hour, as
    after a failed scheduled run, checks the same window.
    """

    model: str
    window_hours: Annotated[float, Field(gt=0.0, le=_MOST_HOURS)] = HOURS
    window_end: AwareDatetime | None = None
    whole_hours: bool = False

    def window(self, now: datetime) -> Window:
        """Return the requested window; it ends at a full second, which names the report."""
        end = (self.window_end or now).astimezone(UTC).replace(microsecond=0)
        if self.whole_hours:
            end = end.replace(minute=0, second=0)
        return Window(start=end - timedelta(hours=self.window_hours), end=end)


class DriftOutcome(Frozen):
    """Result of a drift run; without a released version, there is no report."""

    model: str
    version: str | None = None
    status: DriftStatus = DriftStatus.INSUFFICIENT_DATA
    reason: str
    current_rows: int = 0
    drifted: tuple[str, ...] = ()
    action: DriftAction = DriftAction.NONE
    reasons: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()
    report: str | None = None


def event_type(decision: Decision) -> str:
    """What the event that announces a decision is called."""
    return PERFORMANCE_DEGRADED if _is_measured(decision) else DRIFT_FOUND


def event_detail(decision: Decision, link: str) -> dict[str, Any]:
    """The content of a decision's event; a retraining takes its `model` and `evidence` only."""
    evidence = [one_line(reason) for reason in decision.reasons[:MOST_EVIDENCE]]
    return {
        "model": decision.model,
        "version": decision.version,
        "action": decision.action,
        "window_end": decision.window_end.isoformat(),
        "troubles": [trouble.model_dump(mode="json") for trouble in decision.troubles],
        "report": decision.report,
        "headline": headline(decision),
        "evidence": evidence,
        "because": "; ".join((*evidence, *decision.held_back)),
        "link": link,
    }


def headline(decision: Decision) -> str:
    """What people are told in one line."""
    done = {
        DriftAction.WARN: "nothing was done about it yet",
        DriftAction.RETRAIN: "it is being retrained",
    }.get(decision.action, "nothing is done about it")
    return f"{decision.model} {decision.version}: {event_type(decision)}; {done}"


def _is_measured(decision: Decision) -> bool:
    return any(trouble.concern is Concern.PERFORMANCE for trouble in decision.troubles)
