"""Signing in with tokens, as far as it goes without RDS: what the driver is given."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool

from modelfleet.adapters.aws.database_token import sign_in_with_tokens

DATABASE = "postgresql+psycopg://mlflow@db.example.com:5433/mlflow?sslmode=require"


class StoppedError(Exception):
    """Ends a connection before it leaves the machine; carries what the driver would be given."""


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Sign in to the database; gives a function from a URL to the driver's parameters."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    remove = sign_in_with_tokens(DATABASE)

    def stop(*arguments: Any) -> None:
        raise StoppedError(arguments[-1])

    event.listen(Engine, "do_connect", stop)

    def parameters(url: str) -> dict[str, Any]:
        with pytest.raises(StoppedError) as stopped:
            create_engine(url, poolclass=NullPool).connect()
        found: dict[str, Any] = stopped.value.args[0]
        return found

    yield parameters
    event.remove(Engine, "do_connect", stop)
    remove()


def test_token_is_the_password(given: Any) -> None:
    """A connection to the database carries a signed token for its host, port and user."""
    parameters = given(DATABASE)
    token = urlsplit("https://" + parameters["password"])
    query = parse_qs(token.query)
    assert (token.hostname, token.port) == ("db.example.com", 5433)
    assert query["DBUser"] == ["mlflow"]
    assert query["Action"] == ["connect"]
    assert query["X-Amz-Expires"] == ["900"]
    assert parameters["sslmode"] == "require"


@pytest.mark.parametrize(
    "other",
    [
        "postgresql+psycopg://mlflow:test@other.example.com/mlflow",
        "postgresql+psycopg://someone:test@db.example.com/mlflow",
    ],
)
def test_other_connections_keep_their_password(given: Any, other: str) -> None:
    """Other hosts and users are none of the token's business."""
    assert given(other)["password"] == "test"
