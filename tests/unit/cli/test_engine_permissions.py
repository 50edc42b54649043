"""Policies see the version that is invoked and the namespace of metrics, as in AWS."""

import json
from typing import Any

import pytest

from cli.local_cloud.engine_permissions import namespace, with_qualifier

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
