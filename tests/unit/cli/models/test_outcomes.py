"""`fleet outcomes load`, with a lake in memory."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.object_store import memory_store
from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.outcomes.entities import EntityHashes
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

MODEL = "telecom"


class MemoryCloud:
    """A stage whose buckets are in memory."""

    def __init__(self) -> None:
        self._store = memory_store()

    def store(self, _bucket: object) -> ObjectStore:
        """The lake."""
        return self._store

    def signing_keys(self) -> FixedKeys:
        """The stage's secret keys."""
        return FixedKeys(b"a secret")


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> MemoryCloud:
    """Every stage is the same one, with a prediction about an entity."""
    memory = MemoryCloud()
    monkeypatch.setattr(Cloud, "connect", lambda *_: memory)
    made_at = datetime.now(UTC) - timedelta(minutes=5)
    prediction = CapturedPrediction(
        prediction_id="one",
        request_id="request",
        timestamp=made_at,
        model=MODEL,
        version="1",
        variant="champion",
        latency_ms=1.0,
        features={},
        output={"label": 1},
        entity=EntityHashes(MODEL, memory.signing_keys()).newest("A-1"),
    )
    folder = keys.captures(MODEL, made_at.date().isoformat())
    memory.store(None).put(f"{folder}/part.jsonl", write_capture(prediction).encode())
    return memory


def run(*arguments: str) -> Result:
    """Load a table; raise its error."""
    command = ["outcomes", "load", MODEL, *arguments]
    return CliRunner().invoke(app, command, catch_exceptions=False)


def test_load_prints_the_counts(tmp_path: Path) -> None:
    """For people in one line, with the reasons of rejected rows; the target has a default."""
    path = tmp_path / "plans.csv"
    path.write_text("id,is_ultra\nA-1,1\nA-2,0\nA-3,perhaps\n")
    text = run(str(path), "--key", "id").stdout
    assert (
        "telecom: 1 of 3 rows matched a prediction: 1 new, 0 corrected, 0 unchanged; "
        "1 unmatched, 0 ambiguous"
    ) in " ".join(text.split())
    assert "1 row was rejected" in text
    found = json.loads(run(str(path), "--key", "id", "--json").stdout)
    assert (found["model"], found["matched"], found["unchanged"]) == (MODEL, 1, 1)
    assert sum(found["rejected"].values()) == 1


@pytest.mark.parametrize("within", ["90", "0d", "-1d", "d", "1w", "99999d"])
def test_window_is_a_number_of_days(tmp_path: Path, within: str) -> None:
    """Anything else is refused before the file is read."""
    with pytest.raises(FleetError, match="use a number of days such as 90d"):
        run(str(tmp_path / "absent.csv"), "--key", "id", "--within", within)
