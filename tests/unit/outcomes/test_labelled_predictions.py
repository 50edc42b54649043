"""Pairing outcomes with the predictions that they belong to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.outcomes.labelled_predictions import LabelledPredictions, labelled_predictions
from modelfleet.outcomes.report import Feedback
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore, StoredObject

END = datetime(2026, 2, 3, tzinfo=UTC)
START = END - timedelta(days=2)


def predict(spec: ModelSpec, lake: ObjectStore, name: str, at: datetime, age: int = 30) -> None:
    """Let a prediction lie in the lake."""
    capture = CapturedPrediction(
        prediction_id=name,
        request_id="request",
        timestamp=at,
        model=spec.name,
        version="1",
        variant="champion",
        latency_ms=1.0,
        features={"age": age},
        output={"label": 1},
    )
    folder = keys.captures(spec.name, at.date().isoformat())
    lake.put(f"{folder}/{name}.jsonl", write_capture(capture).encode())


def report(
    spec: ModelSpec, lake: ObjectStore, name: str, actual: float, made_at: datetime, minute: int = 0
) -> None:
    """Let an outcome lie in the lake, by the day of its prediction."""
    outcome = Feedback(
        prediction_id=name,
        model=spec.name,
        actual=actual,
        received_at=END + timedelta(minutes=minute),
        request_id="request",
    )
    key = keys.feedback(spec.name, made_at.date().isoformat(), name)
    lake.put(key, outcome.model_dump_json().encode())


def found(spec: ModelSpec, lake: ObjectStore) -> LabelledPredictions:
    """What the window holds."""
    return labelled_predictions(spec, lake, START, END)


def test_each_outcome_gets_its_prediction(binary: ModelSpec, lake: ObjectStore) -> None:
    """Features and time are the prediction's, the label the outcome's, in its order of arrival."""
    at = END - timedelta(hours=1)
    for name, age in (("a", 30), ("b", 40), ("c", 50)):
        predict(binary, lake, name, at, age)
    report(binary, lake, "a", 1.0, at, minute=5)
    report(binary, lake, "b", 0.0, at, minute=1)
    rows = found(binary, lake).rows
    told: list[tuple[str, Any, Any]] = [
        (r.prediction_id, r.features["age"], r.actual) for r in rows
    ]
    assert told == [("b", 40, 0.0), ("a", 30, 1.0)]
    assert {row.predicted_at for row in rows} == {at}


def test_outcomes_without_a_prediction_are_counted(binary: ModelSpec, lake: ObjectStore) -> None:
    """One of the window's days whose prediction is not in it is told and not joined."""
    for name, at in {"late": END - timedelta(hours=1), "lost": START}.items():
        report(binary, lake, name, 1.0, at)
    assert found(binary, lake) == LabelledPredictions((), 2)


class ListedLake:
    """A lake that remembers what was listed in it, and which objects were read."""

    def __init__(self, lake: ObjectStore) -> None:
        self._lake = lake
        self.listed: list[str] = []
        self.read: list[str] = []

    def keys(self, prefix: str) -> Iterator[str]:
        """List, and remember."""
        self.listed.append(prefix)
        return self._lake.keys(prefix)

    def get(self, key: str) -> StoredObject:
        """Read, and remember."""
        self.read.append(key)
        return self._lake.get(key)


def test_only_the_days_of_the_window_are_listed(binary: ModelSpec, lake: ObjectStore) -> None:
    """What was reported of other days costs nothing, however much it is."""
    for days in range(-5, 6):
        at = START + timedelta(days=days, hours=1)
        predict(binary, lake, f"p{days}", at)
        report(binary, lake, f"p{days}", 1.0, at)
    watched = ListedLake(lake)
    rows = labelled_predictions(binary, cast("ObjectStore", watched), START, END).rows
    assert [row.prediction_id for row in rows] == ["p0", "p1"]
    days_of = [f"model={binary.name}/date=2026-02-0{day}" for day in (1, 2)]
    assert sorted(watched.listed) == [
        *(f"captures/{day}" for day in days_of),
        *(f"feedback/{day}" for day in days_of),
    ]
    assert len([key for key in watched.read if key.startswith("feedback/")]) == 2


def test_without_outcomes_there_is_nothing(binary: ModelSpec, lake: ObjectStore) -> None:
    """Predictions alone teach nothing."""
    predict(binary, lake, "a", START)
    assert found(binary, lake) == LabelledPredictions((), 0)


def test_a_strange_object_is_named(binary: ModelSpec, lake: ObjectStore) -> None:
    """What lies among the outcomes and is none stops the join."""
    predict(binary, lake, "a", START)
    lake.put(keys.feedback(binary.name, START.date().isoformat(), "a"), b"{}")
    with pytest.raises(DatasetError, match="not a valid stored outcome"):
        found(binary, lake)
