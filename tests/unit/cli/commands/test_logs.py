"""`fleet logs` prints all events, however many there are."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.commands.operations import logs
from cli.output.errors import FleetError

START = datetime(2026, 1, 5, tzinfo=UTC)
FIRST = int(START.timestamp() * 1000)


class Log:
    """A log whose responses contain at most a number of the oldest events."""

    def __init__(self, times: list[int]) -> None:
        self.events: list[dict[str, Any]] = [
            {"logStreamName": "s", "timestamp": FIRST + at, "message": str(number)}
            for number, at in enumerate(times)
        ]

    def get_paginator(self, operation: str) -> "Log":
        """The log is its own paginator."""
        assert operation == "filter_log_events"
        return self

    def paginate(self, *, logGroupName: str, startTime: int) -> Iterator[dict[str, Any]]:
        """Return a single page."""
        if logGroupName != "group":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "FilterLogEvents")
        found = [event for event in self.events if event["timestamp"] >= startTime]
        yield {"events": found[: logs.EVENTS_MAXIMUM]}


def shown(log: Log) -> set[str]:
    """The messages found, without duplicates."""
    return {event["message"] for event in logs.events(log, "group", START)}


@pytest.mark.parametrize("count", [0, 1, 3, 4, 10])
def test_a_long_log_is_printed_completely(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a response is as long as responses can be, the rest is requested."""
    monkeypatch.setattr(logs, "EVENTS_MAXIMUM", 3)
    assert shown(Log(list(range(count)))) == {str(number) for number in range(count)}


def test_more_events_with_one_timestamp_than_a_response_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They do not prevent later events from being printed."""
    monkeypatch.setattr(logs, "EVENTS_MAXIMUM", 3)
    assert shown(Log([0] * 5 + [1])) == {"0", "1", "2", "5"}


@pytest.mark.parametrize("group", ["/aws/lambda/f", "/aws/lambda/f-8a1b2c3d"])
def test_the_log_group_is_read_from_the_function(group: str) -> None:
    """The group is the function's own, whatever its name."""
    client = SimpleNamespace(
        get_function_configuration=lambda FunctionName: {
            "f": {"LoggingConfig": {"LogGroup": group}}
        }[FunctionName]
    )
    cloud: Any = SimpleNamespace(client=lambda _service: client)
    assert logs.log_group(cloud, "f") == group


def test_a_missing_log_group() -> None:
    """The error is one line that names it."""
    with pytest.raises(FleetError, match="log group other does not exist yet"):
        list(logs.events(Log([]), "other", START))


def test_lines_of_other_models_are_left_out() -> None:
    """Train, release and batch serve all models, one per request; Lambda's own lines name it."""
    messages = [
        "START RequestId: 1f Version: $LATEST",
        json.dumps({"message": "of churn", "model": "churn", "request_id": "1f"}),
        json.dumps({"message": "of a package", "request_id": "1f"}),
        "END RequestId: 1f",
        "START RequestId: 2f Version: $LATEST",
        json.dumps({"message": "at the start", "request_id": "2f"}),
        json.dumps({"message": "of leads", "model": "leads", "request_id": "2f"}),
        "END RequestId: 2f",
        "a line of text",
        "[1]",
    ]
    found = [{"message": message} for message in messages]
    assert list(logs.about("churn", found)) == [*found[:4], *found[8:]]


@pytest.mark.parametrize("function", list(logs.Function))
def test_every_function_has_a_log(function: logs.Function) -> None:
    """The names are those that the stage deploys."""
    cloud: Any = SimpleNamespace(stage="local")
    name = logs._function_name(cloud, "churn", function)
    assert name.startswith(f"modelfleet-local-{function.value}")
