"""What people are told about a decision, whoever the event is from."""

from datetime import datetime
from typing import Any

import pytest

from modelfleet.drift.notice import notice, read_event
from modelfleet.pages.text import is_one_line
from modelfleet.retraining.decision_event import DecisionKind
from modelfleet.retraining.notice import Notice
from modelfleet.spec.errors import DriftStateError

DETAIL: dict[str, Any] = {
    "model": "telecom",
    "version": "7",
    "action": "retrain",
    "window_end": "2026-01-05T06:00:00+00:00",
    "evidence": ["PSI 1.83 (limit 0.2)"],
    "held_back": ["warning suppressed: quiet hours"],
}


def event(**changes: Any) -> dict[str, Any]:
    """An event as EventBridge delivers it."""
    return {"detail-type": DecisionKind.PERFORMANCE_DEGRADED, "detail": DETAIL | changes}


def worded(content: object) -> Notice:
    """The notification about an event."""

    def link(model: str, window_end: datetime) -> str:
        return f"https://ours/{model}/{window_end:%Y}"

    return notice(read_event(content), link)


def test_a_decision_is_told_with_its_evidence() -> None:
    """The text says what was decided, why, and what was held back."""
    told = worded(event())
    assert told.subject == "telecom: performance degraded"
    headline, because, *rest = told.message.splitlines()
    assert headline == "telecom 7: performance degraded; it is being retrained"
    assert because == "PSI 1.83 (limit 0.2); warning suppressed: quiet hours"
    assert rest[0] == "Report: https://ours/telecom/2026"


def test_words_links_and_commands_are_never_the_event_s() -> None:
    """Fields that an older release put into the text are not read."""
    forged = {"headline": "pay at", "because": "call 555", "link": "https://evil", "stage": "prod"}
    assert worded(event(**forged)) == worded(event())


@pytest.mark.parametrize(
    "forged",
    [
        {"model": ["telecom", "leads"]},
        {"model": "telecom\nReport: https://evil"},
        {"model": "telecom --open; curl evil"},
        {"version": "7\u202e"},
        {"version": "x" * 65},
        {"action": ["warn", "evil"]},
        {"action": "none"},
        {"window_end": "x"},
        {"window_end": "../../secret"},
        {"window_end": "0001-01-01T00:00:00+23:59"},
        {"window_end": "9999-12-31T23:59:59-23:59"},
        {"evidence": []},
        {"evidence": "drift"},
        {"evidence": ["x"] * 21},
        {"evidence": ["x" * 501]},
        {"evidence": ["a\nReport: https://evil"]},
        {"evidence": ["a\u202eb"]},
        {"held_back": ["a\u200bb"]},
    ],
    ids=str,
)
def test_a_forged_event_is_refused(forged: dict[str, Any]) -> None:
    """The error is one line that quotes nothing of the event."""
    with pytest.raises(DriftStateError, match=r"^not a drift decision: \d+ faults?$") as refused:
        read_event(event(**forged))
    assert is_one_line(str(refused.value))


@pytest.mark.parametrize("content", [None, [], "x", {}, {"detail-type": "x"}, {"detail": DETAIL}])
def test_what_is_no_event_is_refused(content: object) -> None:
    """Whatever the machine was started with."""
    with pytest.raises(DriftStateError):
        read_event(content)
