"""What tries new code before its traffic, against the predict function's real handler."""

from collections.abc import Mapping
from typing import Any

import pytest

from functions.predict.gateway import behind_gateway
from modelfleet.domain.errors import CallError, NewCodeError
from modelfleet.domain.proxy_event import ProxyAnswer, proxy_answer
from modelfleet.domain.telemetry import LoggedPrediction
from modelfleet.pipelines.try_code import REQUEST_ID, try_code
from models.catalogue import find, names
from tests.serving import Service, put_pointer, serving

SPEC = find("bankchurn")


class Handled:
    """A `NewCode` that is the real handler in this process."""

    def __init__(self, service: Service) -> None:
        self._handler = behind_gateway(service.app, service.telemetry)

    def ask(self, event: Mapping[str, Any]) -> ProxyAnswer:
        """Have it answer."""
        return proxy_answer(self._handler(event, None))


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


@pytest.mark.parametrize("model", names())
def test_code_that_answers_may_have_the_traffic(model: str) -> None:
    """Every model's own handler is ready, and answers its schema's example."""
    service = serving(find(model), version="7")
    said = try_code(service.spec, Handled(service), service.store, _waited().append)
    assert said == f"{model} 7 answers"
    (request,) = service.telemetry.requests
    assert request.request_id == REQUEST_ID
    assert all(isinstance(each, LoggedPrediction) for each in request.predictions)


def test_before_the_first_training_the_code_need_only_live() -> None:
    """A fresh stage is deployed to though no model is there, and the reason is said."""
    service = Service(SPEC)
    waited = _waited()
    said = try_code(SPEC, Handled(service), service.store, waited.append)
    assert said == "no version of bankchurn was ever released, and the code lives"
    assert waited == []


def test_code_that_cannot_load_what_is_released_is_refused() -> None:
    """Where a version is released, 503 is no answer, however long it is waited."""
    service = Service(SPEC)
    put_pointer(service.store, SPEC.name, "7")
    waited = _waited()
    with pytest.raises(NewCodeError, match="/ready answered 503 where 200 is right"):
        try_code(SPEC, Handled(service), service.store, waited.append)
    assert len(waited) == 9


def test_a_start_is_waited_for() -> None:
    """A version that is not ready at once, or throttled, is asked again."""
    store = serving(SPEC).store
    throttled = CallError("refused with 429", transient=True)
    code, waited = Scripted(NOT_READY, throttled, READY, PREDICTED), _waited()
    assert try_code(SPEC, code, store, waited.append) == "bankchurn 7 answers"
    assert waited == [3.0, 3.0]
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
    with pytest.raises(NewCodeError, match="/ready answered 500 where 503 is right"):
        try_code(SPEC, Scripted(ProxyAnswer(500, "{}")), Service(SPEC).store, _waited().append)


@pytest.mark.parametrize(
    ("predicted", "why"),
    [
        (ProxyAnswer(422, "{}"), "/predict answered 422"),
        (ProxyAnswer(500, "{}"), "/predict answered 500"),
        (ProxyAnswer(200, "hello"), "no JSON"),
        (ProxyAnswer(200, "[]"), "without a prediction"),
        (ProxyAnswer(200, '{"model": "leads", "prediction_id": "p"}'), "of this model"),
        (ProxyAnswer(200, '{"model": "bankchurn"}'), "without a prediction"),
    ],
)
def test_an_answer_that_is_none_is_refused(predicted: ProxyAnswer, why: str) -> None:
    """200 alone says little."""
    with pytest.raises(NewCodeError, match=why):
        try_code(SPEC, Scripted(READY, predicted), serving(SPEC).store, _waited().append)
