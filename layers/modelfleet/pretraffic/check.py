"""Checks new code of a predict function with real requests before it gets traffic."""

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
_ATTEMPTS = 10
_PAUSE_SECONDS = 3.0


class NewCode(Protocol):
    """A version of a predict function that has no traffic yet."""

    def ask(self, event: Mapping[str, Any]) -> ProxyAnswer:
        """Have it answer a request as the gateway would hand it over.

        Raises
        ------
        CallError
            If it cannot be called, or crashes.
        """
        ...


def try_code(
    spec: ModelSpec, code: NewCode, artifacts: ObjectStore, pause: Callable[[float], None]
) -> str:
    """Ask new code whether it is ready, and for a prediction of the schema's own example.

    Parameters
    ----------
    spec
        The model that it serves.
    code
        The version that is to take over.
    artifacts
        Where the model's release pointer is: a model that was never released cannot be served, and
        that is no fault of the code.
    pause
        Waits so many seconds.

    Returns
    -------
    str
        Why the traffic may come.

    Raises
    ------
    NewCodeError
        If it answers otherwise than callers need.
    CallError
        If it cannot be called, or crashes.
    """
    released = _is_released(artifacts, spec.name)
    ready = _patient(spec, code, pause, wanted=_ready_status(released))
    if not released:
        _expect(ready, "/ready", HTTPStatus.SERVICE_UNAVAILABLE)
        return f"no version of {spec.name} was ever released, and the code lives"
    _expect(ready, "/ready", HTTPStatus.OK)
    body = json.dumps(spec.features.example())
    predicted = code.ask(_event(spec, "POST", "predict", body))
    _expect(predicted, "/predict", HTTPStatus.OK)
    answer = _parsed(predicted)
    if answer.get("model") != spec.name or not answer.get("prediction_id"):
        raise NewCodeError("/predict returned 200 without a prediction of this model")
    return f"{spec.name} {answer.get('version')} answers"


def _ready_status(released: bool) -> HTTPStatus:
    return HTTPStatus.OK if released else HTTPStatus.SERVICE_UNAVAILABLE


def _is_released(artifacts: ObjectStore, model: str) -> bool:
    try:
        artifacts.get(keys.release_pointer(model))
    except ObjectNotFoundError:
        return False
    return True


def _patient(
    spec: ModelSpec, code: NewCode, pause: Callable[[float], None], *, wanted: HTTPStatus
) -> ProxyAnswer:
    """Ask for readiness until it is as it should be, or for half a minute: a start takes time."""
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
        found = json.loads(answer.body)
    except ValueError as error:
        raise NewCodeError("/predict returned 200 with a body that is not JSON") from error
    return found if isinstance(found, dict) else {}
