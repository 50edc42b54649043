"""Remembering outcomes: what is scored again, what is not, and how many are kept."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from modelfleet.catalogue import find
from modelfleet.registry.pointer import Challenger
from modelfleet.serving.cache import PredictionCache
from modelfleet.serving.score import Call
from modelfleet.serving.tasks.binary import Classification
from modelfleet.serving.tasks.task_answers import Outcome
from tests.serving import Service, put_bundle, put_pointer, serving

SPEC = find("bankchurn")
EXAMPLE = SPEC.features.example()


def outcome(probability: float) -> Outcome:
    """An outcome to remember."""
    return Classification(label=1, probability=probability, threshold=0.5, risk="LOW")


def never() -> Outcome:
    """Score what must be remembered."""
    raise AssertionError("scored again")


def hits(service: Service) -> list[int | None]:
    """What telemetry heard of remembered rows, by request."""
    return [request.cache_hits for request in service.telemetry.requests]


def ask(service: Service, *rows: dict[str, Any]) -> list[Any]:
    """Predict rows in one request."""
    made = service.predictor.predict(rows, Call("r1", time.perf_counter()))
    return [item.outcome for item in made.items]


def test_a_row_is_scored_once_by_a_version() -> None:
    """The same values of the same version are remembered; others, or another version's, are not."""
    memory = PredictionCache(10)
    scored: list[float] = []

    def score(probability: float) -> Callable[[], Outcome]:
        def run() -> Outcome:
            scored.append(probability)
            return outcome(probability)

        return run

    assert memory.recall("1", {"a": 1, "b": None}, score(0.1)) == (outcome(0.1), False)
    assert memory.recall("1", {"a": 1, "b": None}, never) == (outcome(0.1), True)
    assert memory.recall("1", {"a": None, "b": 1}, score(0.2)) == (outcome(0.2), False)
    assert memory.recall("2", {"a": 1, "b": None}, score(0.3)) == (outcome(0.3), False)
    assert scored == [0.1, 0.2, 0.3]


def test_no_more_is_kept_than_may_be() -> None:
    """The row that nobody has asked for the longest is forgotten."""
    memory = PredictionCache(2)
    for name in ("a", "b", "a", "c"):
        memory.recall("1", {"name": name}, lambda: outcome(0.5))
    assert len(memory) == 2
    assert memory.recall("1", {"name": "a"}, never)[1]
    assert memory.recall("1", {"name": "c"}, never)[1]
    assert not memory.recall("1", {"name": "b"}, lambda: outcome(0.5))[1]


def test_a_row_that_fails_is_not_remembered() -> None:
    """What could not be scored is scored the next time."""
    memory = PredictionCache(2)
    with pytest.raises(AssertionError, match="scored again"):
        memory.recall("1", {"a": 1}, never)
    assert memory.recall("1", {"a": 1}, lambda: outcome(0.5)) == (outcome(0.5), False)


def test_a_remembered_answer_is_a_prediction_of_its_own() -> None:
    """It has an identity of its own, is captured like any other, and is counted as a hit."""
    service = serving(SPEC)
    answers = [service.gateway.post(service.url("/predict"), EXAMPLE).body for _ in range(2)]
    assert answers[0]["prediction_id"] != answers[1]["prediction_id"]
    assert answers[0]["probability"] == answers[1]["probability"]
    logged = [request.predictions[0] for request in service.telemetry.requests]
    assert [each.prediction_id for each in logged] == [each["prediction_id"] for each in answers]
    assert logged[0].output == logged[1].output
    assert hits(service) == [0, 1]


def test_a_batch_is_scored() -> None:
    """A batch is worked through once, and its rows push out nothing that is remembered."""
    service = serving(SPEC)
    ask(service, EXAMPLE, EXAMPLE)
    ask(service, EXAMPLE)
    assert hits(service) == [None, 0]


def test_it_can_be_switched_off() -> None:
    """Without a memory every row is scored, and no hits are counted."""
    service = Service(SPEC, memory=None)
    put_bundle(service.store, SPEC, "1")
    put_pointer(service.store, SPEC.name, "1")
    assert ask(service, EXAMPLE) == ask(service, EXAMPLE)
    assert hits(service) == [None, None]


def test_arms_do_not_answer_for_each_other() -> None:
    """What the champion answered is not the challenger's answer."""
    service = serving(SPEC)
    put_bundle(service.store, SPEC, "2", bias=2.0)
    put_pointer(service.store, SPEC.name, "1", Challenger(version="2", share=0.5))
    answers = []
    for service.draw in (0.9, 0.1, 0.9, 0.1):
        answers += ask(service, EXAMPLE)
    assert answers[:2] == answers[2:]
    assert answers[0].probability != answers[1].probability
    assert hits(service) == [0, 0, 1, 1]
