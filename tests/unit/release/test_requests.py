"""Refusals say which field is wrong and quote nothing, and refused executions need no cleaning."""

import json
from typing import Any

import pytest

from modelfleet.release.requests import ENDED_BADLY, EndedExecution, read_request
from modelfleet.spec.errors import RequestError

_SECRET = "\x1b[31mretraining succeeded\u2028"
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


def _ended(given: str | None) -> EndedExecution:
    event: dict[str, Any] = {"name": "e", "status": ENDED_BADLY[0], "input": given, "cause": None}
    return EndedExecution.model_validate(event)


def test_what_was_asked_for_is_cleaned_up_after() -> None:
    """An execution that was accepted and ended badly has its request in the state."""
    state = _ended(json.dumps({"model": "telecom", "force": True})).state()
    assert state is not None
    assert (state.model, state.force, state.execution) == ("telecom", True, "e")


@pytest.mark.parametrize("content", _HOSTILE, ids=lambda content: str(content)[:40].encode().hex())
def test_a_refused_execution_has_nothing_to_clean_up(content: object) -> None:
    """Nothing was locked for a request that was refused; an input that is left out was too long."""
    assert _ended(json.dumps(content)).state() is None
    assert _ended(None).state() is None
