"""People are notified of approvals, manual rollbacks, and ended trials, whoever sends the event."""

from typing import Any

import pytest

from modelfleet.pages.text import is_one_line
from modelfleet.release.approval import PendingApproval
from modelfleet.release.history import EVENT_TYPE
from modelfleet.release.notice import (
    APPROVAL_EVENT,
    is_release_event,
    read_release_event,
    requested,
)
from modelfleet.release.requests import RollbackRequest, Seen
from modelfleet.release.rollback import roll_back
from modelfleet.spec.errors import ConflictError, ReleaseError
from tests.hostile import HOSTILE
from tests.releasing import Fleet
from tests.serving import NOW

ENDED: dict[str, Any] = {
    "model": "telecom",
    "by": "ada",
    "outcome": "rolled back",
    "version": "2",
    "champion": "1",
    "reasons": ["scores look wrong"],
    "notify": True,
}
WAITING = PendingApproval(
    model="telecom",
    execution="first",
    execution_arn="arn:first",
    version="2",
    champion="1",
    reasons=("better by 0.02",),
    requested_at=NOW,
    expires_at=NOW,
)


def event(kind: str, detail: object) -> dict[str, object]:
    """An event as EventBridge delivers it."""
    return {"detail-type": kind, "source": "modelfleet", "detail": detail}


def test_a_manual_rollback_is_worded() -> None:
    """The notification names who did it and why, and how to read the history."""
    told = read_release_event(event(EVENT_TYPE, ENDED)).notice("prod")
    assert told.subject == "telecom: rolled back"
    assert told.message.splitlines() == [
        "telecom 2: rolled back by ada; version 1 is the champion",
        "scores look wrong",
        "History: fleet history telecom --stage prod",
    ]


@pytest.mark.parametrize("reminder", [False, True])
def test_what_waits_is_worded(*, reminder: bool) -> None:
    """The notification has the gate's reasons and both commands; the second is a reminder."""
    waiting = WAITING.model_copy(update={"reminded_at": NOW if reminder else None})
    told = read_release_event(event(APPROVAL_EVENT, requested(waiting))).notice("prod")
    assert ("still" in told.subject) is reminder
    assert "better by 0.02" in told.message
    for action in ("approve", "reject"):
        assert f"fleet release {action} telecom --why '…' --stage prod" in told.message


@pytest.mark.parametrize("field", ["model", "by", "outcome", "version", "champion"])
def test_texts_of_strangers_are_refused(field: str) -> None:
    """Anyone who reaches the bus may send events; none becomes lines of a message."""
    texts: list[object] = [*HOSTILE, "x" * 1000, "a\nb", 7, None, {}]
    for text in texts:
        try:
            told = read_release_event(event(EVENT_TYPE, ENDED | {field: text})).notice("prod")
        except ReleaseError:
            continue
        assert all(is_one_line(line) for line in told.message.split("\n"))
        assert len(told.message.split("\n")) == 3


def test_events_about_releases_are_told_from_decisions() -> None:
    """Drift decisions are read elsewhere."""
    assert is_release_event(event(APPROVAL_EVENT, {}))
    assert not is_release_event(event("drift found", {}))
    assert not is_release_event(None)


def test_a_rollback_of_what_nobody_saw_is_refused() -> None:
    """The second of two clicks names versions that serve no longer, and changes nothing."""
    fleet = Fleet()
    request = RollbackRequest(
        action="rollback",
        model="telecom",
        by="bob",
        reason="x",
        champion="1",
        seen=Seen(champion="1", challenger="2"),
    )
    before = fleet.pointer()
    with pytest.raises(ConflictError, match="changed the release first"):
        roll_back(fleet.store, request, fleet.clock, fleet.announce)
    assert fleet.pointer() == before
