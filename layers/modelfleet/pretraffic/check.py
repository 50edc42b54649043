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
from modelfleet.storage.patience import until_done

REQUEST_ID = "before-traffic"
# A new version of an image may be pending for more than a minute. By the clock, because a call may
# take long itself: CodeDeploy must hear of the result before the hook's own timeout.
_READY_WITHIN_SECONDS = 120.0


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
    spec: ModelSpec,
    code: NewCode,
    artifacts: ObjectStore,
    *,
    clock: Callable[[], float],
    pause: Callable[[float], None],
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
    clock
        Returns the time in seconds, from any origin.
    pause
        Sleeps for a number of seconds.

    Returns
    -------
    str
        The reason why the code may receive traffic.

    Raises
    ------
    NewCodeError
        If a prediction is not what callers expect.
    CallError
        If an invocation fails, the function crashes, or it is not ready within two minutes.
    """
    released = _is_released(artifacts, spec.name)
    _wait_until_ready(spec, code, clock, pause, wanted=_ready_status(released))
    if not released:
        return f"no version of {spec.name} is released yet; the new code is alive"
    body = json.dumps(spec.features.example())
    predicted = code.ask(_event(spec, "POST", "predict", body))
    if predicted.status != HTTPStatus.OK:
        raise NewCodeError(_unexpected("/predict", predicted, HTTPStatus.OK))
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
    spec: ModelSpec,
    code: NewCode,
    clock: Callable[[], float],
    pause: Callable[[float], None],
    *,
    wanted: HTTPStatus,
) -> None:
    """Poll readiness: a version may be pending, and a cold start takes time."""
    event = _event(spec, "GET", "ready", "")

    def ask() -> None:
        answer = code.ask(event)
        if answer.status != wanted:
            raise CallError(_unexpected("/ready", answer, wanted), transient=True)

    until_done(ask, seconds=_READY_WITHIN_SECONDS, clock=clock, pause=pause)


def _event(spec: ModelSpec, method: str, path: str, body: str) -> dict[str, object]:
    return proxy_event(method, f"/{spec.name}/{path}", body, REQUEST_ID)


def _unexpected(path: str, answer: ProxyAnswer, wanted: HTTPStatus) -> str:
    return f"{path} returned {answer.status} instead of {wanted}"


def _parsed(answer: ProxyAnswer) -> dict[str, object]:
    try:
        document = json.loads(answer.body)
    except ValueError as error:
        raise NewCodeError("/predict returned 200 with a body that is not JSON") from error
    return document if isinstance(document, dict) else {}
