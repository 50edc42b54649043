"""Storing outcomes: durable, once, and with the history of corrections."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.object_store import BucketObjectStore, memory_store
from modelfleet.outcomes.entities import EntityHashes
from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.outcomes.report import CORRECTIONS_MAXIMUM, Feedback, FeedbackRecorder
from modelfleet.spec.errors import (
    ConflictError,
    DatasetError,
    UnavailableError,
    UnknownPredictionError,
)
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
IDS = PredictionIds("bankchurn", FixedKeys(b"test"))
ENTITIES = EntityHashes("bankchurn", FixedKeys(b"test"))
DAY = NOW.date().isoformat()
(ID,) = IDS.make(1, "k1", NOW)


def feedback(actual: float, request_id: str = "r1") -> Feedback:
    """An outcome."""
    return Feedback(
        prediction_id=ID,
        model="bankchurn",
        actual=actual,
        received_at=NOW + timedelta(days=9),
        request_id=request_id,
        client="k1",
    )


def test_what_is_recorded_is_stored_when_it_returns() -> None:
    """One object under the prediction's identity, as it was reported."""
    lake = memory_store()
    FeedbackRecorder(IDS, ENTITIES, lambda: lake).record(feedback(1))
    assert list(lake.keys("feedback/model=bankchurn")) == [keys.feedback("bankchurn", DAY, ID)]
    assert Feedback.parse(lake.get(keys.feedback("bankchurn", DAY, ID)).content) == feedback(1)


def test_nothing_is_stored_under_an_id_that_was_never_made() -> None:
    """No key is built from what a caller made up, and the lake is not even opened."""
    recorder = FeedbackRecorder(IDS, ENTITIES, lambda: pytest.fail("the lake was opened"))
    for changed in ({"client": "k2"}, {"prediction_id": "../x"}, {"prediction_id": ID + "0"}):
        with pytest.raises(UnknownPredictionError):
            recorder.record(feedback(1).model_copy(update=changed))


def test_the_same_outcome_again_changes_nothing() -> None:
    """However often it is sent, the first stays as it is."""
    lake = memory_store()
    recorder = FeedbackRecorder(IDS, ENTITIES, lambda: lake)
    for request_id in ("r1", "r2", "r3"):
        recorder.record(feedback(1, request_id))
    assert Feedback.parse(lake.get(keys.feedback("bankchurn", DAY, ID)).content) == feedback(1)


def stored(lake: ObjectStore) -> Feedback:
    """What is stored for the prediction."""
    return Feedback.parse(lake.get(keys.feedback("bankchurn", DAY, ID)).content)


def test_a_correction_supersedes_and_keeps_the_history() -> None:
    """The last report holds; a repeated one changes nothing."""
    lake = memory_store()
    recorder = FeedbackRecorder(IDS, ENTITIES, lambda: lake)
    reports = [(1, "r1"), (0, "r2"), (0, "r3"), (1, "r4")]
    assert [recorder.record(feedback(*each)) for each in reports] == [False, True, False, True]
    assert (stored(lake).actual, stored(lake).request_id) == (1, "r4")
    assert [(each.actual, each.request_id) for each in stored(lake).superseded] == [
        (1, "r1"),
        (0, "r2"),
    ]


def test_corrections_have_an_end() -> None:
    """The object does not grow forever, and what it has stays."""
    lake = memory_store()
    recorder = FeedbackRecorder(IDS, ENTITIES, lambda: lake)
    for number in range(CORRECTIONS_MAXIMUM + 1):
        recorder.record(feedback(number % 2))
    before = stored(lake)
    with pytest.raises(ConflictError, match="corrected 20 times"):
        recorder.record(feedback(1 - before.actual))  # type: ignore[operator]  # a number
    recorder.record(feedback(before.actual))  # type: ignore[arg-type]  # a number
    assert stored(lake) == before


class Contended:
    """A lake in which another caller always wins."""

    def __init__(self, lake: ObjectStore) -> None:
        self._lake = lake

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lake, name)

    def replace(self, *change: object) -> str:
        """Lose."""
        raise ConflictError(str(change))


def test_a_correction_that_keeps_losing_is_no_success() -> None:
    """It can be sent again."""
    lake = memory_store()
    FeedbackRecorder(IDS, ENTITIES, lambda: lake).record(feedback(1))
    recorder = FeedbackRecorder(IDS, ENTITIES, lambda: cast("ObjectStore", Contended(lake)))
    with pytest.raises(UnavailableError):
        recorder.record(feedback(0))
    assert stored(lake) == feedback(1)


def test_a_lake_that_does_not_answer_is_no_success() -> None:
    """What could not be stored is said to be not stored, and can be sent again."""

    def unreachable() -> BucketObjectStore:
        raise TimeoutError

    recorder = FeedbackRecorder(IDS, ENTITIES, unreachable)
    with pytest.raises(UnavailableError):
        recorder.record(feedback(1))


def test_the_lake_is_opened_at_the_first_feedback() -> None:
    """A connection of the start would be dead after a snapshot."""
    opened: list[int] = []

    def open_lake() -> BucketObjectStore:
        opened.append(1)
        return memory_store()

    recorder = FeedbackRecorder(IDS, ENTITIES, open_lake)
    assert opened == []
    recorder.record(feedback(1))
    recorder.record(feedback(1))
    assert opened == [1]


def test_rubbish_is_no_feedback() -> None:
    """An object that holds no outcome is an error that says so."""
    with pytest.raises(DatasetError):
        Feedback.parse(b"{}")
