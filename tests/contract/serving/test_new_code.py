"""What tries new code before its traffic, against the predict function's real handler."""

from collections.abc import Mapping
from typing import Any

import pytest

from functions.predict.gateway import behind_gateway
from modelfleet.catalogue import find, names
from modelfleet.pretraffic.check import REQUEST_ID, try_code
from modelfleet.serving.proxy_event import ProxyAnswer, proxy_answer
from modelfleet.serving.telemetry import LoggedPrediction
from modelfleet.spec.errors import CallError
from tests.fake_time import Time
from tests.serving import Service, put_pointer, serving

SPEC = find(names()[0])


class Handled:
    """A `NewCode` that is the real handler in this process."""

    def __init__(self, service: Service) -> None:
        self._handler = behind_gateway(service.app, service.telemetry)

    def ask(self, event: Mapping[str, Any]) -> ProxyAnswer:
        """Have it answer."""
        return proxy_answer(self._handler(event, None))


def _tried(service: Service, time: Time) -> str:
    code = Handled(service)
    return try_code(service.spec, code, service.store, clock=time.clock, pause=time.pause)


@pytest.mark.parametrize("model", names())
def test_code_that_answers_may_have_the_traffic(model: str) -> None:
    """Every model's own handler is ready, and answers its schema's example."""
    service = serving(find(model), version="7")
    said = _tried(service, Time())
    assert said == f"{model} 7 responds"
    (request,) = service.telemetry.requests
    assert request.request_id == REQUEST_ID
    assert all(isinstance(each, LoggedPrediction) for each in request.predictions)


def test_before_the_first_training_the_code_need_only_live() -> None:
    """A fresh stage is deployed to though no model is there, and the reason is said."""
    service = Service(SPEC)
    time = Time()
    said = _tried(service, time)
    assert said == f"no version of {SPEC.name} is released yet; the new code is alive"
    assert time.pauses == []


def test_code_that_cannot_load_what_is_released_is_refused() -> None:
    """Where a version is released, 503 is no answer, however long it is waited."""
    service = Service(SPEC)
    put_pointer(service.store, SPEC.name, "7")
    time = Time()
    with pytest.raises(CallError, match="/ready returned 503 instead of 200"):
        _tried(service, time)
    assert sum(time.pauses) <= 120
