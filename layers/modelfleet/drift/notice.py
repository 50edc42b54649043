"""Notifications about drift decisions."""

from collections.abc import Callable
from datetime import datetime

from pydantic import ValidationError

from modelfleet.pages.numbers import counted
from modelfleet.retraining.decision_event import AnnouncedAction, DecisionEvent
from modelfleet.retraining.notice import Notice
from modelfleet.spec.errors import DriftStateError

_CONSEQUENCES = {
    AnnouncedAction.WARN: "nothing was done about it yet",
    AnnouncedAction.RETRAIN: "it is being retrained",
}


def read_event(content: object) -> DecisionEvent:
    """Parse a decision's event, which any principal with access to the bus may have sent.

    Raises
    ------
    DriftStateError
        If a field is missing, of another kind, or longer than a decision makes it. The text quotes
        no value.
    """
    try:
        return DecisionEvent.model_validate(content)
    except ValidationError as error:
        faults = counted(error.error_count(), "fault")
        raise DriftStateError(f"not a drift decision: {faults}") from error


def notice(event: DecisionEvent, link: Callable[[str, datetime], str]) -> Notice:
    """Word the notification about a decision.

    Only the findings are taken from the event; its sender must not choose links or commands.

    Parameters
    ----------
    event
        The decision.
    link
        Makes the address of a run's report, from the model and the end of the window.
    """
    detail = event.detail
    lines = (
        f"{detail.model} {detail.version}: {event.kind}; {_CONSEQUENCES[detail.action]}",
        "; ".join((*detail.evidence, *detail.held_back)),
        f"Report: {link(detail.model, detail.window_end)}",
        f"Open it: fleet report {detail.model} --open",
        f"Acknowledge it: fleet alerts ack {detail.model}",
    )
    return Notice(subject=f"{detail.model}: {event.kind}", message="\n".join(lines))
