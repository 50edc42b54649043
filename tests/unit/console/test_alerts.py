"""Operators look after alerts in the browser, under their own name."""

from datetime import timedelta

import pytest

from modelfleet.console.access.role import Role
from modelfleet.drift import state_store
from modelfleet.drift.state import DriftState, Silence
from modelfleet.storage import keys
from tests.console import BASE, RunningConsole, UserPool
from tests.console_documents import NOW, SPEC, Stored
from tests.hostile import HOSTILE

ACTIONS = f"/console/models/{SPEC.name}/alerts"
ACKNOWLEDGE, SILENCE = f"{ACTIONS}/acknowledge", f"{ACTIONS}/silence"


@pytest.fixture
def running(pool: UserPool) -> RunningConsole:
    """The console of a model with an open alert."""
    made = RunningConsole(pool, {SPEC.name: SPEC})
    made.time = NOW
    Stored(made.artifacts).alert()
    return made


def page(running: RunningConsole, role: Role = Role.OPERATOR) -> str:
    """The page of alerts."""
    answer = running.browser(running.session(role)).get("/console/alerts")
    assert answer.status_code == 200
    return answer.text


def post(running: RunningConsole, path: str, status: int, name: str = "ada", **fields: str) -> str:
    """Send a form as an operator."""
    session = running.session(Role.OPERATOR, name)
    sent = {"csrf": running.token(session), "reason": "looking into it", **fields}
    answer = running.browser(session).post(path, data=sent)
    assert answer.status_code == status
    return answer.headers.get("location") or answer.text


def state(running: RunningConsole) -> DriftState:
    """The model's drift state."""
    return state_store.current(running.artifacts, SPEC.name)


def test_an_open_alert_has_reasons_and_actions(running: RunningConsole) -> None:
    """An operator may act; a viewer sees the same without the forms."""
    text = page(running)
    assert "Age drifted" in text
    assert f'action="{BASE}/models/bankchurn/alerts/acknowledge"' in text
    viewed = page(running, Role.VIEWER)
    assert "Age drifted" in viewed
    assert "/alerts/acknowledge" not in viewed


def test_an_alert_is_acknowledged_once(running: RunningConsole) -> None:
    """The first of two people wins; the other is told who it was, and nothing changes."""
    assert post(running, ACKNOWLEDGE, 303, alert="a1") == f"{BASE}/alerts"
    running.wait(timedelta(seconds=1))
    assert "ada has already acknowledged it" in post(running, ACKNOWLEDGE, 409, "grace", alert="a1")
    (alert,) = state(running).alerts
    assert (alert.acknowledged_by, alert.acknowledged_at) == ("ada", NOW)
    text = page(running)
    assert "acknowledged</span> by ada" in text
    assert "/alerts/acknowledge" not in text


def test_an_action_is_audited_with_its_reason(running: RunningConsole) -> None:
    """Who, what, which model, and why."""
    post(running, ACKNOWLEDGE, 303, alert="a1")
    (record,) = running.records()
    assert (record.by, record.action, record.subject) == ("ada", "acknowledge", SPEC.name)
    assert record.reason == "looking into it"


def test_a_model_is_silenced_and_heard_again(running: RunningConsole) -> None:
    """A silence has its end, its author, and its reason; ending it needs a reason too."""
    post(running, SILENCE, 303, days="7")
    silence = state(running).silence
    assert silence == Silence(
        until=NOW + timedelta(days=7), by="ada", since=NOW, reason="looking into it"
    )
    assert "silenced by ada until 2026-02-08 09:30 UTC: looking into it" in page(running)
    post(running, SILENCE, 303, "grace", days="0")
    ended = state(running).silence
    assert ended is not None
    assert ended.until == NOW
    assert "silenced by" not in page(running)


@pytest.mark.parametrize("days", ["", "x", "-1", "8", "9" * 30])
def test_a_silence_lasts_as_long_as_offered(running: RunningConsole, days: str) -> None:
    """Any other length is refused, and ends no silence that is in force."""
    post(running, SILENCE, 303, days="7")
    before = state(running)
    post(running, SILENCE, 422, days=days)
    assert state(running) == before


def test_an_unknown_alert_is_not_found(running: RunningConsole) -> None:
    """Nothing is acknowledged by a form that names none."""
    post(running, ACKNOWLEDGE, 404, alert="other")
    post(running, ACKNOWLEDGE, 404)
    assert state(running).alerts[0].acknowledged_by is None


def test_an_unreadable_state_is_not_overwritten(running: RunningConsole) -> None:
    """The page says what is missing, and actions are refused."""
    key = keys.drift_state(SPEC.name)
    running.artifacts.put(key, b"{")
    assert "1 document could not be read" in page(running)
    post(running, ACKNOWLEDGE, 503, alert="a1")
    post(running, SILENCE, 503, days="7")
    assert running.artifacts.get(key).content == b"{"


def test_without_alerts(running: RunningConsole) -> None:
    """The page says what would appear; a silence without an alert can be ended."""
    running.artifacts.put(keys.drift_state(SPEC.name), DriftState(model=SPEC.name).to_json())
    assert "No open alerts" in page(running)
    post(running, SILENCE, 303, days="1")
    assert "Silenced models" in page(running)


def test_ended_alerts_are_listed(running: RunningConsole) -> None:
    """They need no attention, and offer no action."""
    found = state(running)
    alert = found.alerts[0].model_copy(update={"ended_at": NOW})
    ended = found.model_copy(update={"alerts": (alert,)})
    running.artifacts.put(keys.drift_state(SPEC.name), ended.to_json())
    text = page(running)
    assert "No open alerts" in text
    assert "<h2>Ended</h2>" in text
    assert "/alerts/acknowledge" not in text


@pytest.mark.parametrize("text", [text for text in HOSTILE if text and text.isprintable()])
def test_text_of_strangers_is_text(running: RunningConsole, text: str) -> None:
    """Reasons of people and of findings open no tag."""
    pages = []
    for words in ("plain", text):
        found = state(running)
        alert = found.alerts[0].model_copy(update={"reasons": (words,)})
        silence = Silence(until=NOW + timedelta(days=1), by=words, since=NOW, reason=words)
        changed = found.model_copy(update={"alerts": (alert,), "silence": silence})
        running.artifacts.put(keys.drift_state(SPEC.name), changed.to_json())
        pages.append(page(running))
    assert pages[0].count("<") == pages[1].count("<")
