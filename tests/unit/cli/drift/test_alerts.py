"""`fleet alerts`: alerts are listed, acknowledged, and silenced."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import names
from modelfleet.drift.state import Alert, DriftAction, DriftState
from modelfleet.spec.alert_policy import Concern
from modelfleet.spec.errors import DriftStateError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

MODEL = "bankchurn"
DAY = datetime(2026, 1, 31, 2, tzinfo=UTC)


class MemoryCloud:
    """A stage with a single bucket, in memory."""

    def __init__(self) -> None:
        self.artifacts = memory_store()

    def store(self, _bucket: object) -> ObjectStore:
        """The artifacts bucket."""
        return self.artifacts


def alert(id_: str, *, ended: bool = False) -> Alert:
    """An alert of three runs."""
    return Alert(
        id=id_,
        version="3",
        action=DriftAction.WARN,
        concerns=(Concern.FEATURE,),
        reasons=("Age drifted",),
        report="reports/bankchurn/2026-01-31/020000",
        opened_at=DAY,
        seen_at=DAY + timedelta(days=2),
        runs=3,
        ended_at=DAY + timedelta(days=3) if ended else None,
    )


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """Every stage has a model with an open alert and one that ended."""
    memory = MemoryCloud()
    monkeypatch.setattr(Cloud, "connect", lambda *_: memory)
    state = DriftState(model=MODEL, alerts=(alert("new"), alert("old", ended=True)))
    memory.artifacts.put(keys.drift_state(MODEL), state.model_dump_json().encode())
    return memory.artifacts


def run(*arguments: str) -> Result:
    """Run a command; raise its error."""
    return CliRunner().invoke(app, ["alerts", *arguments], catch_exceptions=False)


def kept(store: ObjectStore) -> DriftState:
    """The model's stored state."""
    return DriftState.parse(store.get(keys.drift_state(MODEL)).content)


def test_all_models_are_listed() -> None:
    """Without an argument all models are listed, whether they have alerts or not."""
    told = {state["model"]: state["alerts"] for state in json.loads(run("list", "--json").stdout)}
    assert set(names()) <= set(told)
    assert [one["id"] for one in told[MODEL]] == ["new", "old"]
    assert all(alerts == [] for model, alerts in told.items() if model != MODEL)


def test_ended_alerts_can_be_hidden() -> None:
    """With --open only alerts confirmed by the last run are listed."""
    table = run("list", MODEL, "--open").stdout
    assert "new" in table
    assert "old" not in table


def test_a_model_without_alerts() -> None:
    """The output says that there are none."""
    assert "no alerts" in run("list", "leads").stdout


def test_the_open_alert_is_acknowledged(store: ObjectStore) -> None:
    """Without an ID the open alert is acknowledged, and by whom and when is recorded."""
    assert json.loads(run("ack", MODEL, "--json").stdout) == {"model": MODEL, "acknowledged": "new"}
    first, second = kept(store).alerts
    assert first.acknowledged_by
    assert first.acknowledged_at is not None
    assert second.acknowledged_by is None


def test_an_unknown_alert() -> None:
    """An alert that does not exist cannot be acknowledged."""
    with pytest.raises(DriftStateError, match="fleet alerts list leads"):
        run("ack", "leads")
    with pytest.raises(DriftStateError, match="no alert other"):
        run("ack", MODEL, "other")


def test_a_model_is_silenced_until_a_date(store: ObjectStore) -> None:
    """A silence has an end, a reason, and an author, and is listed."""
    until = datetime.now(UTC).date() + timedelta(days=9)
    run("silence", MODEL, "--until", until.isoformat(), "--reason", "known campaign")
    silence = kept(store).silence
    assert silence is not None
    assert (silence.until.date(), silence.reason) == (until, "known campaign")
    assert f"is silenced until {until} 00:00 UTC" in run("list", MODEL).stdout.replace("\n", " ")


def test_a_silence_is_ended_and_recorded(store: ObjectStore) -> None:
    """`--until now` ends a silence, and both requests are in the history."""
    later = datetime.now(UTC) + timedelta(days=1)
    run("silence", MODEL, "--until", later.isoformat())
    assert "the silence has ended" in run("silence", MODEL, "--until", "now").stdout
    assert "silenced" not in run("list", MODEL).stdout
    assert len(kept(store).silences) == 2


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2001-01-01"])
def test_invalid_dates(text: str, store: ObjectStore) -> None:
    """An invalid or past date is rejected, and nothing changes."""
    with pytest.raises(FleetError, match="--until"):
        run("silence", MODEL, "--until", text)
    assert kept(store).silence is None
