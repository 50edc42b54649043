"""Errors that the state machines retry are errors that a library raises."""

import builtins
import socket
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import obstore.exceptions
import psycopg
import pytest

from cdk.shared.transient_errors import CONNECTION_ERRORS, NOT_READY_ERRORS
from modelfleet.adapters.object_store import s3_store
from modelfleet.resource_names import StackPart
from modelfleet.spec.errors import FunctionNotReadyError
from tests.infrastructure.templates import FleetTemplates

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


def _tasks(value: Any) -> Iterator[dict[str, Any]]:
    """Every task below a value that calls a function, whatever map it is in."""
    if isinstance(value, list):
        for each in value:
            yield from _tasks(each)
    elif isinstance(value, dict):
        if value.get("Type") == "Task" and "lambda" in value["Resource"]:
            yield value
        for each in value.values():
            yield from _tasks(each)


@pytest.mark.parametrize("part", [StackPart.RETRAINING, StackPart.BATCH, StackPart.DRIFT])
def test_functions_that_are_not_ready_are_given_minutes(
    fleet: FleetTemplates, part: StackPart
) -> None:
    """Pauses add up to more than the 90 s that a function takes, and none is under a minute.

    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """
    tasks = list(_tasks(fleet.machine(part)))
    assert tasks
    for task in tasks:
        (waiting,) = (
            rule
            for rule in task["Retry"]
            if "Lambda.ResourceNotReadyException" in rule["ErrorEquals"]
        )
        assert set(waiting["ErrorEquals"]) == set(NOT_READY_ERRORS)
        assert waiting["IntervalSeconds"] >= 60
        assert waiting["MaxAttempts"] > 1
        # Full jitter would make some of the pauses shorter.
        assert waiting.get("JitterStrategy", "NONE") == "NONE"


def test_a_function_that_another_calls_may_not_be_ready() -> None:
    """Lambda reports an error by its class, which the state machines list."""
    assert FunctionNotReadyError.__name__ in NOT_READY_ERRORS
