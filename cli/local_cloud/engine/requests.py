"""What policies see of a request in AWS, and not in the engine."""

import json
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_actions

_FUNCTION_PARTS = 7


def complete_requests() -> None:
    """Have policies see the version invoked, the namespace of metrics, and events' kinds."""
    _complete_resources()
    _complete_contexts()


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
    """The namespace of a request to put metrics; none in CBOR, which the engine does not read."""
    if "Namespace" in query:
        return _first(query["Namespace"])
    return str(json.loads(body)["Namespace"]) if body.startswith(b"{") else ""


def kinds_of_events(body: bytes) -> dict[str, list[str]]:
    """The source and type of each event of a request; empty ones where it cannot be read."""
    entries = json.loads(body).get("Entries") if body.startswith(b"{") else None
    return {
        key: [str(entry.get(name, "")) for entry in entries or [{}]]
        for key, name in (("events:source", "Source"), ("events:detail-type", "DetailType"))
    }


def with_qualifier(resource: str, query: Mapping[str, Any]) -> str:
    """A function's ARN with the version or alias that the request's query names."""
    qualifier = _first(query.get("Qualifier", ""))
    unqualified = ":function:" in resource and resource.count(":") == _FUNCTION_PARTS - 1
    return f"{resource}:{qualifier}" if qualifier and unqualified else resource


def _first(value: Any) -> str:
    return str(value[0]) if isinstance(value, list) else str(value)
