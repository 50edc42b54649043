"""Checks new code of a predict function with real requests before it receives traffic."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from modelfleet.serving.proxy_event import ProxyAnswer, proxy_event
from modelfleet.spec.errors import CallError, NewCodeError, ObjectNotFoundError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

REQUEST_ID = "before-traffic"
# Two minutes: a new version of an image may be pending for more than one.
_ATTEMPTS = 25
_PAUSE_SECONDS = 5.0


class NewCode(Protocol):
    """A version of a predict function without traffic."""

    def ask(self, event: Mapping[str, Any]) -> ProxyAnswer:
        """Invoke it with a request as API Gateway would send it.

        Raises
        ------
        CallError
            If the invocation fails, or the function crashes.
        """
        ...


def try_code(
    spec: ModelSpec, code: NewCode, artifacts: ObjectStore, pause: Callable[[float], None]
) -> str:
    """Request the new code's readiness, and a prediction for the schema's example.

    Parameters
    ----------
    spec
        The model that the code serves.
    code
        The function version to check.
    artifacts
        The bucket with the release pointer; a model without a release is not a fault of the code.
    pause
        Sleeps for a number of seconds.

    Returns
    -------
    str
        The reason why the code may receive traffic.

    Raises
    ------
    NewCodeError
        If a response is not what callers expect.
    CallError
        If an invocation fails, or the function crashes.
    """
    released = _is_released(artifacts, spec.name)
    ready = _wait_until_ready(spec, code, pause, wanted=_ready_status(released))
    if not released:
        _expect(ready, "/ready", HTTPStatus.SERVICE_UNAVAILABLE)
        return f"no version of {spec.name} is released yet; the new code is alive"
    _expect(ready, "/ready", HTTPStatus.OK)
    body = json.dumps(spec.features.example())
    predicted = code.ask(_event(spec, "POST", "predict", body))
    _expect(predicted, "/predict", HTTPStatus.OK)
    answer = _parsed(predicted)
    if answer.get("model") != spec.name or not answer.get("prediction_id"):
        raise NewCodeError("/predict returned 200 without a prediction of this model")
    return f"{spec.name} {answer.get('version')} responds"


def _ready_status(released: bool) -> HTTPStatus:
    return HTTPStatus.OK if released else HTTPStatus.SERVICE_UNAVAILABLE


def _is_released(artifacts: ObjectStore, model: str) -> bool:
    try:
        artifacts.get(keys.release_pointer(model))
    except ObjectNotFoundError:
        return False
    return True


def _wait_until_ready(
    spec: ModelSpec, code: NewCode, pause: Callable[[float], None], *, wanted: HTTPStatus
) -> ProxyAnswer:
    """Poll readiness for two minutes: a version may be pending, and a cold start takes time."""
    event = _event(spec, "GET", "ready", "")
    for _ in range(_ATTEMPTS - 1):
        try:
            answer = code.ask(event)
        except CallError as error:
            if not error.transient:
                raise
        else:
            if answer.status == wanted:
                return answer
        pause(_PAUSE_SECONDS)
    return code.ask(event)


def _event(spec: ModelSpec, method: str, path: str, body: str) -> dict[str, object]:
    return proxy_event(method, f"/{spec.name}/{path}", body, REQUEST_ID)


def _expect(answer: ProxyAnswer, path: str, status: HTTPStatus) -> None:
    if answer.status != status:
        raise NewCodeError(f"{path} returned {answer.status} instead of {status}")


def _parsed(answer: ProxyAnswer) -> dict[str, object]:
    try:
        document = json.loads(answer.body)
    except ValueError as error:
        raise NewCodeError("/predict returned 200 with a body that is not JSON") from error
    return document if isinstance(document, dict) else {}
