"""What tries new code before its traffic: what it waits for, and what it refuses."""

from collections.abc import Mapping
from typing import Any

import pytest

from modelfleet.catalogue import find
from modelfleet.pretraffic.check import try_code
from modelfleet.serving.proxy_event import ProxyAnswer
from modelfleet.spec.errors import CallError, NewCodeError
from tests.serving import Service, serving

SPEC = find("bankchurn")


class Scripted:
    """A `NewCode` that gives the answers it was told, the last one for ever."""

    def __init__(self, *answers: ProxyAnswer | CallError) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def ask(self, event: Mapping[str, Any]) -> ProxyAnswer:
        """Give the next answer."""
        self.asked.append(event["path"])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, CallError):
            raise answer
        return answer


READY, NOT_READY = ProxyAnswer(200, "{}"), ProxyAnswer(503, "{}")
PREDICTED = ProxyAnswer(200, '{"model": "bankchurn", "prediction_id": "p", "version": "7"}')


def _waited() -> list[float]:
    return []


def test_a_start_is_waited_for() -> None:
    """A version that is not ready at once, or throttled, is asked again."""
    store = serving(SPEC).store
    throttled = CallError("refused with 429", transient=True)
    code, waited = Scripted(NOT_READY, throttled, READY, PREDICTED), _waited()
    assert try_code(SPEC, code, store, waited.append) == "bankchurn 7 responds"
    assert waited == [5.0, 5.0]
    assert code.asked == ["/bankchurn/ready"] * 3 + ["/bankchurn/predict"]


def test_code_that_crashes_is_not_asked_again() -> None:
    """An import that fails fails every time."""
    code = Scripted(CallError("version 8 fails: No module named x", transient=False))
    with pytest.raises(CallError, match="No module named x"):
        try_code(SPEC, code, serving(SPEC).store, _waited().append)
    assert code.asked == ["/bankchurn/ready"]


def test_a_crash_is_no_model_that_is_missing() -> None:
    """On a fresh stage too the code must live."""
    code = Scripted(CallError("version 8 fails: No module named x", transient=False))
    with pytest.raises(CallError, match="No module named x"):
        try_code(SPEC, code, Service(SPEC).store, _waited().append)
    with pytest.raises(NewCodeError, match="/ready returned 500 instead of 503"):
        try_code(SPEC, Scripted(ProxyAnswer(500, "{}")), Service(SPEC).store, _waited().append)


@pytest.mark.parametrize(
    ("predicted", "why"),
    [
        (ProxyAnswer(422, "{}"), "/predict returned 422"),
        (ProxyAnswer(500, "{}"), "/predict returned 500"),
        (ProxyAnswer(200, "hello"), "not JSON"),
        (ProxyAnswer(200, "[]"), "without a prediction"),
        (ProxyAnswer(200, '{"model": "leads", "prediction_id": "p"}'), "of this model"),
        (ProxyAnswer(200, '{"model": "bankchurn"}'), "without a prediction"),
    ],
)
def test_an_answer_that_is_none_is_refused(predicted: ProxyAnswer, why: str) -> None:
    """200 alone says little."""
    with pytest.raises(NewCodeError, match=why):
        try_code(SPEC, Scripted(READY, predicted), serving(SPEC).store, _waited().append)
