"""The drift function's request and response, and the events it publishes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from modelfleet.captures.window import Window, WindowEnd
from modelfleet.drift.report import DriftStatus
from modelfleet.drift.state import Decision, DriftAction
from modelfleet.pages.text import one_line
from modelfleet.retraining.decision_event import DecisionKind
from modelfleet.retraining.state import LONGEST_LINE, MOST_EVIDENCE
from modelfleet.spec.alert_policy import Concern
from modelfleet.spec.document import Frozen

HOURS = 24.0
_MOST_HOURS = 24.0 * 31

# A second, because a window ends with one.
_LEAST_HOURS = 1 / 3600


class DriftRequest(Frozen):
    """Request to check the predictions of `window_hours` up to `window_end`, or up to now.

    With `whole_hours`, the window ends with the last full hour, so that a retry within the hour, as
    after a failed scheduled run, checks the same window.
    """

    model: str
    window_hours: Annotated[float, Field(ge=_LEAST_HOURS, le=_MOST_HOURS)] = HOURS
    window_end: WindowEnd | None = None
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


# What reported outcomes, or the decisions themselves, show of the model.
_OF_THE_MODEL = frozenset({Concern.PERFORMANCE, Concern.SEGMENT, Concern.FAIRNESS})


def event_type(decision: Decision) -> DecisionKind:
    """What the event that announces a decision is called."""
    measured = any(trouble.concern in _OF_THE_MODEL for trouble in decision.troubles)
    return DecisionKind.PERFORMANCE_DEGRADED if measured else DecisionKind.DRIFT_FOUND


def event_detail(decision: Decision) -> dict[str, Any]:
    """The content of a decision's event; see `DecisionDetail` for what is taken of it."""
    return {
        "model": decision.model,
        "version": decision.version,
        "action": decision.action,
        "window_end": decision.window_end.isoformat(),
        "troubles": [trouble.model_dump(mode="json") for trouble in decision.troubles],
        "report": decision.report,
        "evidence": _lines(decision.reasons),
        "held_back": _lines(decision.held_back),
    }


def _lines(texts: Sequence[str]) -> list[str]:
    return [one_line(text, LONGEST_LINE) for text in texts[:MOST_EVIDENCE]]
