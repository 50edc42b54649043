"""Functions hear whose API key a request came with, as API Gateway tells them."""

from typing import Any

import pytest

from cli.local_cloud.engine.callers import with_caller

KEYS = {"value": {"id": "k1", "value": "value"}}


def event(**headers: str) -> dict[str, Any]:
    """An event as the engine makes it."""
    return {"headers": headers, "requestContext": {"identity": {"sourceIp": "127.0.0.1"}}}


@pytest.mark.parametrize("name", ["x-api-key", "X-Api-Key"])
def test_the_key_is_named_and_not_repeated(name: str) -> None:
    """By its id, beside what else is known of the caller."""
    made = with_caller(event(**{name: "value"}), KEYS.get)
    known = {"sourceIp": "127.0.0.1", "apiKeyId": "k1"}  # pragma: allowlist secret
    assert made["requestContext"]["identity"] == known


@pytest.mark.parametrize(
    "headers", [{}, {"x-api-key": "another"}, dict.fromkeys(["apiKeyId"], "k1")]
)
def test_who_has_no_key_is_nobody(headers: dict[str, str]) -> None:
    """Whatever else a caller sends."""
    assert "apiKeyId" not in with_caller(event(**headers), KEYS.get)["requestContext"]["identity"]
