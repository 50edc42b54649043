"""Policies see the version that is invoked and the namespace of metrics, as in AWS."""

import json
from typing import Any

import pytest

from cli.local_cloud.engine.requests import kinds_of_events, namespace, with_qualifier

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:predict"


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
def test_the_version_is_named(resource: str, query: dict[str, Any], expected: str) -> None:
    """A qualifier beside the function's name ends its ARN; one within the name stays alone."""
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
    """The namespace is that of the request; where it cannot be read, no policy can allow it."""
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
    """Every entry has its source and type; what has none matches no policy."""
    assert kinds_of_events(json.dumps({"Entries": body}).encode()) == expected


def test_events_that_cannot_be_read_match_no_policy() -> None:
    """A body in another format has one event of no kind."""
    assert kinds_of_events(b"\xbf\x67Entries\x80\xff") == _kinds(("", ""))
