"""Refusals say which field is wrong and quote nothing, and refused executions need no cleaning."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from modelfleet.release.requests import ENDED_BADLY, EndedExecution, RollbackRequest, read_request
from modelfleet.retraining.state import RetrainingRequest, Trigger
from modelfleet.spec.errors import RequestError

_SECRET = "\x1b[31mretraining succeeded\u2028"
ARN = "arn:aws:states:us-east-1:000000000000:execution:retraining:e"
DETAIL: dict[str, Any] = {
    "model": "telecom",
    "version": "7",
    "action": "retrain",
    "window_end": "2026-01-05T06:00:00+00:00",
    "evidence": ["PSI 1.83"],
}
EVENT: dict[str, Any] = {"source": "modelfleet", "detail-type": "drift found", "detail": DETAIL}
_HOSTILE: list[object] = [
    {"model": "telecom", "trigger": "drift", "force": True},
    {"model": "telecom", "trigger": "performance", "version": _SECRET},
    {"model": _SECRET * 10_000},
    {"model": "telecom", _SECRET * 10_000: 1},
    {"model": "telecom", **{f"field{number}": 1 for number in range(10_000)}},
    {"model": "telecom", "evidence": [_SECRET] * 10_000},
    [],
    "telecom",
    None,
    7,
]


@pytest.mark.parametrize("content", _HOSTILE, ids=lambda content: str(content)[:40].encode().hex())
def test_a_refusal_is_a_short_line(content: object) -> None:
    """The text is one printable line of bounded length, and quotes no value of the request."""
    with pytest.raises(RequestError, match=r"^retraining request refused: ") as refused:
        read_request(content)
    text = str(refused.value)
    assert text.isprintable()
    assert len(text) < 4000
    assert "retraining succeeded\u2028" not in text


def test_a_refusal_names_the_field() -> None:
    """Whoever sent it reads what to correct."""
    with pytest.raises(RequestError, match="trigger drift may not set force, version"):
        read_request({"model": "telecom", "trigger": "drift", "force": True, "version": "7"})
    with pytest.raises(RequestError, match="tune: Input should be a valid integer"):
        read_request({"model": "telecom", "tune": "many"})


def _unread(arn: str) -> str:
    raise AssertionError(arn)


def _ended(given: str | None) -> EndedExecution:
    event: dict[str, Any] = {"name": "e", "status": ENDED_BADLY[0], "input": given, "cause": None}
    event["executionArn"] = ARN
    return EndedExecution.model_validate(event)


def test_what_was_asked_for_is_cleaned_up_after() -> None:
    """An execution that was accepted and ended badly has its request in the state."""
    state = _ended(json.dumps({"model": "telecom", "force": True})).state(_unread)
    assert state is not None
    assert (state.model, state.force, state.execution) == ("telecom", True, "e")


@pytest.mark.parametrize("content", _HOSTILE, ids=lambda content: str(content)[:40].encode().hex())
def test_a_refused_execution_has_nothing_to_clean_up(content: object) -> None:
    """Nothing was locked for a request that was refused."""
    assert _ended(json.dumps(content)).state(_unread) is None
    assert _ended(None).state(lambda _arn: json.dumps(content)) is None


@pytest.mark.parametrize("given", ["", "{", "[" * 100_000], ids=["empty", "cut off", "nested"])
def test_an_input_that_is_no_json_has_nothing_to_clean_up(given: str) -> None:
    """Whatever an execution was started with."""
    assert _ended(given).state(_unread) is None


def test_an_input_too_long_for_the_event_is_read_from_the_execution() -> None:
    """Step Functions leaves long inputs out of its event; the lock is released all the same."""
    content = " " * 300_000 + json.dumps({"model": "telecom"})
    state = _ended(None).state({ARN: content}.__getitem__)
    assert state is not None
    assert (state.model, state.execution) == ("telecom", "e")


def test_an_execution_that_an_event_started_is_cleaned_up_after() -> None:
    """Its input is the event, of which the model and the evidence were taken."""
    state = _ended(json.dumps(EVENT)).state(_unread)
    assert state is not None
    assert (state.model, state.trigger) == ("telecom", Trigger.DRIFT)


def test_of_an_event_the_model_and_its_evidence_are_taken() -> None:
    """The type determines the trigger, and no other field of the event reaches the request."""
    assert read_request(EVENT) == RetrainingRequest(
        model="telecom", trigger=Trigger.DRIFT, evidence=("PSI 1.83",)
    )
    more = {"force": True, "version": "9", "by": "ada", "tune": 500, "trigger": "manual"}
    forged = EVENT | more | {"detail": more | DETAIL}
    assert read_request(forged) == read_request(EVENT)


@pytest.mark.parametrize(
    "detail",
    [
        {},
        DETAIL | {"model": ["telecom", "leads"]},
        DETAIL | {"evidence": 'x","force":true,"by":"x'},
        DETAIL | {"evidence": {"force": True}},
        DETAIL | {"evidence": []},
        DETAIL | {"evidence": ["a\u202eb"]},
        DETAIL | {"version": "../7"},
    ],
    ids=ascii,
)
def test_a_malformed_event_is_refused(detail: dict[str, Any]) -> None:
    """An event is no way around the rules of a request."""
    with pytest.raises(RequestError, match=r"^retraining request refused: "):
        read_request({"detail-type": "drift found", "detail": detail})


@pytest.mark.parametrize("kind", ["release ended", "", None, ["drift found"]], ids=str)
def test_an_event_of_another_type_is_refused(kind: object) -> None:
    """Nor is a request that calls itself one a request."""
    with pytest.raises(RequestError):
        read_request({"model": "telecom", "force": True, **EVENT, "detail-type": kind})


@pytest.mark.parametrize("text", ["ada\u202e", "a\u200bda", "a\nda", "\u3164"], ids=ascii)
def test_names_and_reasons_are_visible_lines(text: str) -> None:
    """What people read in records shows what it is."""
    asked = {"action": "rollback", "model": "telecom", "by": "ada", "reason": "complaints"}
    assert RollbackRequest.model_validate(asked)
    for field in ("by", "reason"):
        with pytest.raises(ValidationError, match="one line without invisible characters"):
            RollbackRequest.model_validate(asked | {field: text})
