"""Errors that the state machines retry are errors that a library raises."""

import builtins
import socket

import botocore.exceptions
import obstore.exceptions
import psycopg
import pytest

from cdk.shared.transient_errors import CONNECTION_ERRORS
from modelfleet.adapters.object_store import s3_store

_LIBRARIES = (builtins, botocore.exceptions, psycopg, obstore.exceptions)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address on the loopback interface where nothing listens."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_an_unreachable_bucket_is_retried(refused: str) -> None:
    """The error's class is one that the state machines retry."""
    store = s3_store("bucket", endpoint=refused, region="us-east-1", patience_seconds=0.1)
    with pytest.raises(obstore.exceptions.BaseError) as raised:
        store.get("key")
    assert type(raised.value).__name__ in CONNECTION_ERRORS


def test_every_name_is_an_error_class() -> None:
    """A name that no library raises would never be retried."""
    for name in CONNECTION_ERRORS:
        assert any(hasattr(library, name) for library in _LIBRARIES), name
