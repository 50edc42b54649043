"""What policies and functions learn about a request, as in AWS."""

import json
from typing import Any

import pytest

from cli.local_cloud.engine.requests import (
    kinds_of_events,
    namespace,
    with_caller,
    with_qualifier,
)

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:predict"
KEYS = {"value": {"id": "k1", "value": "value"}}


def _event(**headers: str) -> dict[str, Any]:
    return {"headers": headers, "requestContext": {"identity": {"sourceIp": "127.0.0.1"}}}


@pytest.mark.parametrize("name", ["x-api-key", "X-Api-Key"])
def test_the_caller_is_named_by_the_key_id(name: str) -> None:
    """A function's event contains the API key's ID next to the caller's address."""
    event = with_caller(_event(**{name: "value"}), KEYS.get)
    expected = {"sourceIp": "127.0.0.1", "apiKeyId": "k1"}  # pragma: allowlist secret
    assert event["requestContext"]["identity"] == expected


@pytest.mark.parametrize(
    "headers", [{}, {"x-api-key": "another"}, dict.fromkeys(["apiKeyId"], "k1")]
)
def test_a_caller_without_a_known_key_has_no_key_id(headers: dict[str, str]) -> None:
    """Other headers cannot set the key ID."""
    assert "apiKeyId" not in with_caller(_event(**headers), KEYS.get)["requestContext"]["identity"]


@pytest.mark.parametrize(
    ("resource", "query", "expected"),
    [
        (FUNCTION, {"Qualifier": ["live"]}, f"{FUNCTION}:live"),
        (FUNCTION, {"Qualifier": "7"}, f"{FUNCTION}:7"),
        (FUNCTION, {}, FUNCTION),
        (f"{FUNCTION}:live", {"Qualifier": ["live"]}, f"{FUNCTION}:live"),
        ("*", {"Qualifier": ["live"]}, "*"),
    ],
)
def test_the_arn_includes_the_qualifier(
    resource: str, query: dict[str, Any], expected: str
) -> None:
    """A qualifier in the query is appended to a function's ARN, unless the ARN already has one."""
    assert with_qualifier(resource, query) == expected


@pytest.mark.parametrize(
    ("body", "query", "expected"),
    [
        (json.dumps({"Namespace": "ours"}).encode(), {}, "ours"),
        (b"Action=PutMetricData&Namespace=ours", {"Namespace": ["ours"]}, "ours"),
        (b"\xbf\x69Namespace\x64ours\xff", {}, ""),
    ],
    ids=["JSON", "query", "CBOR"],
)
def test_the_namespace_is_found(body: bytes, query: dict[str, Any], expected: str) -> None:
    """The namespace is read from the request; an unreadable one is empty and matches no policy."""
    assert namespace(body, query) == expected


def _kinds(*pairs: tuple[str, str]) -> dict[str, list[str]]:
    return {
        "events:source": [source for source, _ in pairs],
        "events:detail-type": [kind for _, kind in pairs],
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([{"Source": "ours", "DetailType": "found"}], _kinds(("ours", "found"))),
        (
            [{"Source": "ours", "DetailType": "found"}, {"Source": "aws.s3", "DetailType": "x"}],
            _kinds(("ours", "found"), ("aws.s3", "x")),
        ),
        ([{"Detail": "{}"}], _kinds(("", ""))),
        ([], _kinds(("", ""))),
    ],
    ids=["one", "two", "neither", "no entry"],
)
def test_the_kinds_of_events_are_found(body: object, expected: dict[str, list[str]]) -> None:
    """Each entry's source and detail type are found; an entry without them matches no policy."""
    assert kinds_of_events(json.dumps({"Entries": body}).encode()) == expected


def test_unreadable_events_match_no_policy() -> None:
    """A body in another format counts as one event without source and detail type."""
    assert kinds_of_events(b"\xbf\x67Entries\x80\xff") == _kinds(("", ""))
