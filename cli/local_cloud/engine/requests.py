"""What AWS knows about a request and MiniStack does not.

Policies see the invoked version of a function, the namespace of metrics, and the kinds of events.
Functions behind the API see the ID of the caller's API key, which MiniStack checks but never names.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_actions
from ministack.services import apigateway_v1, stepfunctions

from cli.local_cloud.engine.replacement import Replace

_FUNCTION_PARTS = 7
_EVENT = "_build_lambda_event_v1"


def complete_policy_requests() -> None:
    """Add what policies need to a request's resource and context."""
    _complete_resources()
    _complete_contexts()


def name_callers(replace: Replace) -> None:
    """Add the ID of the caller's API key to the events of functions behind the API."""
    build: Callable[..., dict[str, Any]] = getattr(apigateway_v1, _EVENT, dict)

    def named(*arguments: Any, **options: Any) -> dict[str, Any]:
        return with_caller(build(*arguments, **options), apigateway_v1._resolve_api_key)

    replace(apigateway_v1, _EVENT, named)


def with_caller(
    event: dict[str, Any], key_of: Callable[[str], Mapping[str, Any] | None]
) -> dict[str, Any]:
    """Add the ID of the API key that the request was sent with, but not the key itself."""
    sent = [value for name, value in event["headers"].items() if name.lower() == "x-api-key"]
    key = key_of(sent[0]) if sent else None
    if key is not None:
        event["requestContext"]["identity"]["apiKeyId"] = key["id"]
    return event


def _complete_resources() -> None:
    resource_of = iam_actions.extract_resource_arn

    def qualified(
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, Any],
        *where: str,
    ) -> str:
        resource = str(resource_of(service, method, path, headers, body, query, *where))
        if service == "states" and b"taskToken" in body:
            return machine_of_task(body) or resource
        return with_qualifier(resource, query) if service == "lambda" else resource

    iam_actions.extract_resource_arn = qualified


def _complete_contexts() -> None:
    context_of = iam_actions.request_tag_context

    def completed(
        service: str, action: str, body: bytes, query: Mapping[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = context_of(service, action, body, query)
        if action == "cloudwatch:PutMetricData":
            context["cloudwatch:namespace"] = namespace(body, query)
        if action == "events:PutEvents":
            context |= kinds_of_events(body)
        return context

    iam_actions.request_tag_context = completed


def namespace(body: bytes, query: Mapping[str, Any]) -> str:
    """The namespace of a PutMetricData request; empty for CBOR, which is not parsed here."""
    if "Namespace" in query:
        return _first(query["Namespace"])
    return str(json.loads(body)["Namespace"]) if body.startswith(b"{") else ""


def kinds_of_events(body: bytes) -> dict[str, list[str]]:
    """The source and detail type of each event of a PutEvents request; empty if unreadable."""
    entries = json.loads(body).get("Entries") if body.startswith(b"{") else None
    return {
        key: [str(entry.get(name, "")) for entry in entries or [{}]]
        for key, name in (("events:source", "Source"), ("events:detail-type", "DetailType"))
    }


def machine_of_task(body: bytes) -> str | None:
    """The state machine whose task waits with the token in a request, which policies name."""
    token = json.loads(body).get("taskToken")
    waiting = stepfunctions._task_tokens._data.items()
    return next((each.get("machine") for (*_, key), each in waiting if key == token), None)


def with_qualifier(resource: str, query: Mapping[str, Any]) -> str:
    """A function's ARN with the version or alias in the request's query."""
    qualifier = _first(query.get("Qualifier", ""))
    unqualified = ":function:" in resource and resource.count(":") == _FUNCTION_PARTS - 1
    return f"{resource}:{qualifier}" if qualifier and unqualified else resource


def _first(value: Any) -> str:
    return str(value[0]) if isinstance(value, list) else str(value)
