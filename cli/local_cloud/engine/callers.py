"""Who calls, as API Gateway tells functions: the engine checks an API key and does not name it."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from ministack.services import apigateway_v1

_EVENT = "_build_lambda_event_v1"


def name_callers(replace: Callable[[ModuleType, str, Callable[..., Any]], None]) -> None:
    """Put the id of the API key into the events of functions; `replace` as in the engine."""
    build: Callable[..., dict[str, Any]] = getattr(apigateway_v1, _EVENT, dict)

    def named(*arguments: Any, **options: Any) -> dict[str, Any]:
        return with_caller(build(*arguments, **options), apigateway_v1._resolve_api_key)

    replace(apigateway_v1, _EVENT, named)


def with_caller(
    event: dict[str, Any], key_of: Callable[[str], Mapping[str, Any] | None]
) -> dict[str, Any]:
    """Name the API key that the request came with, by its id; the key itself is not repeated."""
    sent = [value for name, value in event["headers"].items() if name.lower() == "x-api-key"]
    key = key_of(sent[0]) if sent else None
    if key is not None:
        event["requestContext"]["identity"]["apiKeyId"] = key["id"]
    return event
