"""Predictions are waited for until they are in the lake, unless they are never captured."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from obstore.store import MemoryStore

from cli.output.errors import FleetError
from cli.simulation import lake_arrival
from cli.simulation.lake_arrival import wait_for_lake
from modelfleet.adapters.object_store import BucketObjectStore
from modelfleet.catalogue import find
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from tests.captures import prediction_line

SINCE = datetime.now(UTC)
SPEC = find("bankchurn")


class Lake(BucketObjectStore):
    """A lake in which another prediction arrives whenever the command waits."""

    def __init__(self, *arriving: str) -> None:
        super().__init__(MemoryStore())
        self._arriving = iter(arriving)

    def wait(self, _seconds: float) -> None:
        """Let another prediction arrive."""
        if (prediction_id := next(self._arriving, None)) is None:
            return
        line = prediction_line(prediction_id, model=SPEC.name, timestamp=SINCE.isoformat())
        folder = keys.captures(SPEC.name, SINCE.date().isoformat())
        self.put(f"{folder}/{prediction_id}.jsonl", line.encode())


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Callable[[Lake], None]:
    """Waiting takes no time and lets the next prediction arrive."""
    moments = iter(range(1_000_000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(moments)))
    return lambda lake: monkeypatch.setattr("time.sleep", lake.wait)


def _keeping(share: float) -> ModelSpec:
    serving = SPEC.serving.model_copy(update={"capture_share": share})
    return SPEC.model_copy(update={"serving": serving})


def _waited(lake: Lake, spec: ModelSpec = SPEC) -> tuple[int, list[int]]:
    told: list[int] = []
    return wait_for_lake(spec, lake, ["a", "b", "c"], SINCE, told.append), told


def test_waits_for_all_predictions(patient: Callable[[Lake], None]) -> None:
    """It ends with the last one, ignores those of others, and reports progress."""
    lake = Lake("a", "another's", "c", "b")
    patient(lake)
    assert _waited(lake) == (3, [1, 1, 1])


def test_missing_predictions_are_an_error(patient: Callable[[Lake], None]) -> None:
    """It says how many have arrived, and which log to see."""
    lake = Lake("a", "b")
    patient(lake)
    with pytest.raises(FleetError, match=r"2 of 3 predictions .* `fleet logs bankchurn --function"):
        _waited(lake)


def test_a_model_that_captures_a_share(patient: Callable[[Lake], None]) -> None:
    """It ends when no more predictions arrive for a while."""
    lake = Lake("a", "b")
    patient(lake)
    assert _waited(lake, _keeping(0.5)) == (2, [1, 1])


def test_a_model_that_captures_nothing() -> None:
    """There is nothing to wait for."""
    assert _waited(Lake(), _keeping(0.0)) == (0, [])


def test_a_clock_that_is_behind(
    patient: Callable[[Lake], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function's clock may be behind the command's."""
    lake = Lake("a", "b", "c")
    patient(lake)
    monkeypatch.setattr(lake_arrival, "_POLL_SECONDS", 0.0)
    asked = SINCE + timedelta(minutes=1)
    assert wait_for_lake(SPEC, lake, ["a"], asked, lambda _: None) == 1
