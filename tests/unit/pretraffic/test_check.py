"""What tries new code before its traffic: what it waits for, and what it refuses."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from modelfleet.catalogue import find
from modelfleet.pretraffic.check import try_code
from modelfleet.serving.proxy_event import ProxyAnswer
from modelfleet.spec.errors import CallError, NewCodeError
from tests.fake_time import Time
from tests.serving import Service, serving

SPEC = find("bankchurn")


class Scripted:
    """A `NewCode` that gives the answers it was told, the last one for ever."""

    def __init__(
        self, *answers: ProxyAnswer | CallError, before: Callable[[], None] = lambda: None
    ) -> None:
        self.answers = list(answers)
        self.before = before
        self.asked: list[str] = []

    def ask(self, event: Mapping[str, Any]) -> ProxyAnswer:
        """Give the next answer."""
        self.asked.append(event["path"])
        self.before()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, CallError):
            raise answer
        return answer


READY, NOT_READY = ProxyAnswer(200, "{}"), ProxyAnswer(503, "{}")
PREDICTED = ProxyAnswer(200, '{"model": "bankchurn", "prediction_id": "p", "version": "7"}')


def _tried(code: Scripted, service: Service, time: Time | None = None) -> str:
    time = time or Time()
    return try_code(SPEC, code, service.store, clock=time.clock, pause=time.pause)


def test_a_start_is_waited_for() -> None:
    """A version that is not ready at once, or throttled, is asked again."""
    throttled = CallError("refused with 429", transient=True)
    code, time = Scripted(NOT_READY, throttled, READY, PREDICTED), Time()
    assert _tried(code, serving(SPEC), time) == "bankchurn 7 responds"
    assert time.pauses == [1.0, 2.0]
    assert code.asked == ["/bankchurn/ready"] * 3 + ["/bankchurn/predict"]


@pytest.mark.parametrize("answer", [NOT_READY, CallError("no response", transient=True)])
@pytest.mark.parametrize("takes", [0.0, 10.0, 45.0])
def test_the_hook_ends_in_time(answer: ProxyAnswer | CallError, takes: float) -> None:
    """However long the calls take, CodeDeploy hears of the result before the hook's timeout."""
    time = Time()
    code = Scripted(answer, before=lambda: time.pause(takes))
    started = time.now
    with pytest.raises(CallError, match=r"gave up after \d+ attempts"):
        _tried(code, serving(SPEC), time)
    assert time.now - started <= 120 + takes


def test_code_that_crashes_is_not_asked_again() -> None:
    """An import that fails fails every time."""
    code = Scripted(CallError("version 8 fails: No module named x", transient=False))
    with pytest.raises(CallError, match="No module named x"):
        _tried(code, serving(SPEC))
    assert code.asked == ["/bankchurn/ready"]


def test_a_crash_is_no_model_that_is_missing() -> None:
    """On a fresh stage too the code must live."""
    code = Scripted(CallError("version 8 fails: No module named x", transient=False))
    with pytest.raises(CallError, match="No module named x"):
        _tried(code, Service(SPEC))
    with pytest.raises(CallError, match="/ready returned 500 instead of 503"):
        _tried(Scripted(ProxyAnswer(500, "{}")), Service(SPEC))


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
        _tried(Scripted(READY, predicted), serving(SPEC))
