"""Reading outcomes: the newest report of each prediction, wherever it is stored."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.outcomes.loaded_file import OutcomeLoad, write_loaded
from modelfleet.outcomes.report import EntityReport, Feedback, entity_report_name
from modelfleet.outcomes.reported import ReportedOutcomes, reported
from modelfleet.spec.errors import DatasetError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore, StoredObject

MODEL = "churn"
START = datetime(2026, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
END = START + DAY


def predict(lake: ObjectStore, name: str, at: datetime, entity: str = "", client: str = "") -> None:
    """Store a prediction."""
    capture = CapturedPrediction(
        prediction_id=name,
        request_id="request",
        timestamp=at,
        model=MODEL,
        version="1",
        variant="champion",
        latency_ms=1.0,
        features={},
        output={"label": 1},
        client=client,
        entity=entity,
    )
    key = f"{keys.captures(MODEL, at.date().isoformat())}/{name}.jsonl"
    lake.put(key, write_capture(capture).encode())


def report(lake: ObjectStore, name: str, actual: float, at: datetime) -> None:
    """Store the outcome of a prediction of the first day, as a request does."""
    outcome = Feedback(
        prediction_id=name, model=MODEL, actual=actual, received_at=at, request_id="r"
    )
    lake.put(keys.feedback(MODEL, "2026-02-01", name), outcome.model_dump_json().encode())


def load(lake: ObjectStore, at: datetime, *outcomes: tuple[str, float]) -> str:
    """Store outcomes of predictions of the first day, as a file does."""
    name = f"{at:%Y%m%dT%H%M%S}"
    about = OutcomeLoad(load=name, received_at=at, loaded_by="a", source="a.csv", sha256="0")
    key = keys.loaded_outcomes(MODEL, "2026-02-01", name)
    lake.put(key, write_loaded(about, outcomes))
    return key


def about(
    lake: ObjectStore, entities: tuple[str, ...], actual: float, at: datetime, client: str = ""
) -> None:
    """Store the outcome of an entity."""
    found = EntityReport(
        entities=entities, model=MODEL, actual=actual, received_at=at, request_id="r", client=client
    )
    name = entity_report_name(at, entities)
    key = keys.entity_report(MODEL, at.date().isoformat(), name)
    lake.put(key, found.model_dump_json().encode())


def actuals(found: ReportedOutcomes, *names: str) -> dict[str, float | str]:
    """The outcomes of some predictions."""
    return {each.prediction_id: each.actual for each in found.read(names)}


@pytest.mark.parametrize("reported_at", [2, 4, 6])
def test_the_last_report_holds(lake: ObjectStore, reported_at: int) -> None:
    """A file corrects a request and a request a file; the order of loads is their time."""
    report(lake, "a", 7.0, END + reported_at * HOUR)
    load(lake, END + 5 * HOUR, ("a", 1.0), ("a", 5.0), ("b", 1.0))
    load(lake, END + 3 * HOUR, ("a", 3.0), ("c", 1.0))
    found = reported(lake, MODEL, START, END)
    assert len(found) == 3
    assert "a" in found
    assert "d" not in found
    assert actuals(found, "a", "b", "c") == {"a": max(reported_at + 1, 5), "b": 1, "c": 1} | (
        {"a": 7.0} if reported_at == 6 else {"a": 5.0}
    )


@pytest.mark.parametrize("content", [b"", b"{}", b"\x1f\x8b\x00", b'{"load": 1}\n{}'])
def test_an_invalid_file_is_named(lake: ObjectStore, content: bytes) -> None:
    """It stops the reader, because outcomes would be missing."""
    key = load(lake, END, ("a", 1.0))
    lake.put(key, content)
    with pytest.raises(DatasetError, match=key):
        reported(lake, MODEL, START, END)


def test_an_entitys_outcome_is_that_of_its_newest_prediction(lake: ObjectStore) -> None:
    """Of the same client, and before the report; reports in between count for older ones."""
    predict(lake, "first", START + HOUR, "e")
    predict(lake, "second", START + 3 * HOUR, "e")
    predict(lake, "foreign", START + 4 * HOUR, "e", "k2")
    predict(lake, "after", START + 9 * HOUR, "e")
    about(lake, ("e",), 1.0, START + 2 * HOUR)
    about(lake, ("e",), 0.0, START + 5 * HOUR)
    about(lake, ("e",), 1.0, START + 6 * HOUR)
    about(lake, ("nobody",), 1.0, START + 6 * HOUR)
    found = reported(lake, MODEL, START, END)
    assert len(found) == 2
    assert actuals(found, "first", "second") == {"first": 1.0, "second": 1.0}


def test_a_later_prediction_outside_of_the_window_takes_the_outcome(lake: ObjectStore) -> None:
    """What is read does not depend on the window: the outcome has one prediction."""
    predict(lake, "inside", START + HOUR, "e")
    predict(lake, "outside", END + HOUR, "e")
    predict(lake, "alone", START + HOUR, "f")
    for entity in ("e", "f"):
        about(lake, (entity,), 1.0, END + DAY)
    until = END + 2 * DAY
    assert set(reported(lake, MODEL, START, END, until=until).found) == {"alone"}
    assert set(reported(lake, MODEL, END, END + DAY, until=until).found) == {"outside"}
    assert not len(reported(lake, MODEL, START, END))


def test_predictions_of_one_moment_are_ambiguous(lake: ObjectStore) -> None:
    """The outcome belongs to neither; a prediction that was delivered twice is one."""
    for name in ("a", "b"):
        predict(lake, name, START + HOUR, "e")
    predict(lake, "once", START + HOUR, "f")
    lake.put(
        f"{keys.captures(MODEL, '2026-02-01')}/again.jsonl",
        lake.get(f"{keys.captures(MODEL, '2026-02-01')}/once.jsonl").content,
    )
    for entity in ("e", "f"):
        about(lake, (entity,), 1.0, START + 2 * HOUR)
    assert set(reported(lake, MODEL, START, END).found) == {"once"}


def test_a_prediction_under_the_previous_key_is_found(lake: ObjectStore) -> None:
    """The newest of all that the entity's hashes have."""
    predict(lake, "old", START + HOUR, "old0key")
    predict(lake, "new", START + 2 * HOUR, "new0key")
    about(lake, ("new0key", "old0key"), 1.0, START + 3 * HOUR)
    assert set(reported(lake, MODEL, START, END).found) == {"new"}


class CountedLake:
    """A lake that counts reads."""

    def __init__(self, lake: ObjectStore) -> None:
        self._lake = lake
        self.read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lake, name)

    def get(self, key: str) -> StoredObject:
        """Read, and count."""
        self.read += 1
        return self._lake.get(key)


def test_floods_of_reports_are_not_read(lake: ObjectStore) -> None:
    """Neither those on unknown entities, nor more than the newest of a known one."""
    predict(lake, "a", START + HOUR, "e")
    for number in range(300):
        about(lake, (f"unknown{number}",), 1.0, START + 2 * HOUR)
        about(lake, ("e",), float(number), START + 2 * HOUR + timedelta(seconds=number))
    counted = CountedLake(lake)
    found = reported(cast("ObjectStore", counted), MODEL, START, END)
    assert actuals(found, "a") == {"a": 299.0}
    assert counted.read <= 201
