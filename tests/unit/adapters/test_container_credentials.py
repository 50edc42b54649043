"""A function restored from a snapshot gets fresh credentials."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from modelfleet.adapters.aws import container_credentials

_TOKEN = "the-token"
_ANSWER = {
    "AccessKeyId": "key",
    "SecretAccessKey": "test",
    "Token": "session",
    "Expiration": "2026-01-02T03:04:05Z",
}


class _Endpoint(BaseHTTPRequestHandler):
    """Answers credentials to whoever knows the token."""

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == _TOKEN
        self.send_response(200 if known else 403)
        self.end_headers()
        self.wfile.write(json.dumps(_ANSWER).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        """Keep the test's output clean."""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Serve credentials as Lambda does, and name the endpoint in the environment."""
    server = HTTPServer(("127.0.0.1", 0), _Endpoint)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/credentials"
    monkeypatch.setenv(container_credentials.ADDRESS, address)
    monkeypatch.setenv(container_credentials.TOKEN, _TOKEN)
    yield
    server.shutdown()
    server.server_close()


def test_fetches_with_the_token(endpoint: None) -> None:
    """Credentials come from the endpoint, with the time at which they end."""
    assert container_credentials.are_offered()
    assert container_credentials.container_credentials() == {
        "access_key_id": "key",
        "secret_access_key": "test",
        "token": "session",
        "expires_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    }


def test_refusal_is_an_error(endpoint: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong token never turns into empty credentials."""
    monkeypatch.setenv(container_credentials.TOKEN, "wrong")
    with pytest.raises(OSError, match="403"):
        container_credentials.container_credentials()


def test_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the endpoint, the keys of the environment are used."""
    monkeypatch.delenv(container_credentials.ADDRESS, raising=False)
    assert not container_credentials.are_offered()
