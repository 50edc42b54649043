"""Predictions are waited for until they are in the lake, and not for those that never go there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from obstore.store import MemoryStore

from cli.output.errors import FleetError
from cli.simulation import lake_arrival
from cli.simulation.lake_arrival import wait_for_lake
from modelfleet.adapters.object_store import BucketObjectStore
from modelfleet.domain import keys
from modelfleet.domain.spec import ModelSpec
from models.catalogue import find
from tests.captures import prediction_line

SINCE = datetime.now(UTC)
SPEC = find("bankchurn")


class Lake(BucketObjectStore):
    """A lake into which the next prediction falls whenever somebody waits."""

    def __init__(self, *arriving: str) -> None:
        super().__init__(MemoryStore())
        self._arriving = iter(arriving)

    def wait(self, _seconds: float) -> None:
        """Let one more arrive."""
        if (prediction_id := next(self._arriving, None)) is None:
            return
        line = prediction_line(prediction_id, model=SPEC.name, timestamp=SINCE.isoformat())
        folder = keys.captures(SPEC.name, SINCE.date().isoformat())
        self.put(f"{folder}/{prediction_id}.jsonl", line.encode())


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Callable[[Lake], None]:
    """Waiting takes no time, and lets the lake's next prediction arrive."""
    moments = iter(range(1_000_000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(moments)))
    return lambda lake: monkeypatch.setattr("time.sleep", lake.wait)


def _keeping(share: float) -> ModelSpec:
    serving = SPEC.serving.model_copy(update={"capture_share": share})
    return SPEC.model_copy(update={"serving": serving})


def _waited(lake: Lake, spec: ModelSpec = SPEC) -> tuple[int, list[int]]:
    told: list[int] = []
    return wait_for_lake(spec, lake, ["a", "b", "c"], SINCE, told.append), told


def test_all_are_waited_for(patient: Callable[[Lake], None]) -> None:
    """It ends with the last, counts nobody else's, and says how far it is."""
    lake = Lake("a", "another's", "c", "b")
    patient(lake)
    assert _waited(lake) == (3, [1, 1, 1])


def test_what_does_not_come_is_an_error(patient: Callable[[Lake], None]) -> None:
    """It says how many are there, and where to look."""
    lake = Lake("a", "b")
    patient(lake)
    with pytest.raises(FleetError, match=r"2 of 3 predictions .* fleet logs bankchurn --function"):
        _waited(lake)


def test_a_part_is_enough_where_a_part_is_kept(patient: Callable[[Lake], None]) -> None:
    """When no more have come for a while, the rest was not kept."""
    lake = Lake("a", "b")
    patient(lake)
    assert _waited(lake, _keeping(0.5)) == (2, [1, 1])


def test_a_model_that_keeps_nothing_is_not_waited_for() -> None:
    """There is nothing to come."""
    assert _waited(Lake(), _keeping(0.0)) == (0, [])


def test_a_clock_that_is_behind_loses_nothing(
    patient: Callable[[Lake], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function's clock may say that it answered before it was asked."""
    lake = Lake("a", "b", "c")
    patient(lake)
    monkeypatch.setattr(lake_arrival, "_POLL_SECONDS", 0.0)
    asked = SINCE + timedelta(minutes=1)
    assert wait_for_lake(SPEC, lake, ["a"], asked, lambda _: None) == 1
