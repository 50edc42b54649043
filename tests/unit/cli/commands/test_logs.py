"""`fleet logs`: all of a log is shown, however much there is of it."""

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
    """A log of which one question is answered with so many events, the oldest, and no more."""

    def __init__(self, times: list[int]) -> None:
        self.events: list[dict[str, Any]] = [
            {"logStreamName": "s", "timestamp": FIRST + at, "message": str(number)}
            for number, at in enumerate(times)
        ]

    def get_paginator(self, operation: str) -> "Log":
        """Answer for itself."""
        assert operation == "filter_log_events"
        return self

    def paginate(self, *, logGroupName: str, startTime: int) -> Iterator[dict[str, Any]]:
        """Answer one page."""
        if logGroupName != "group":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "FilterLogEvents")
        found = [event for event in self.events if event["timestamp"] >= startTime]
        yield {"events": found[: logs.EVENTS_MAXIMUM]}


def shown(log: Log) -> set[str]:
    """The messages that are found, each once."""
    return {event["message"] for event in logs.events(log, "group", START)}


@pytest.mark.parametrize("count", [0, 1, 3, 4, 10])
def test_a_long_log_is_shown_whole(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an answer is as long as answers may be, the rest is asked for."""
    monkeypatch.setattr(logs, "EVENTS_MAXIMUM", 3)
    assert shown(Log(list(range(count)))) == {str(number) for number in range(count)}


def test_more_events_of_one_moment_than_an_answer_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be told apart by its time does not keep back what comes after it."""
    monkeypatch.setattr(logs, "EVENTS_MAXIMUM", 3)
    assert shown(Log([0] * 5 + [1])) == {"0", "1", "2", "5"}


@pytest.mark.parametrize("group", ["/aws/lambda/f", "/aws/lambda/f-8a1b2c3d"])
def test_a_function_says_where_its_log_is(group: str) -> None:
    """The group is the one that the function writes to, whatever it is called."""
    client = SimpleNamespace(
        get_function_configuration=lambda FunctionName: {
            "f": {"LoggingConfig": {"LogGroup": group}}
        }[FunctionName]
    )
    cloud: Any = SimpleNamespace(client=lambda _service: client)
    assert logs.log_group(cloud, "f") == group


def test_a_log_that_is_not_there() -> None:
    """The error is one line that names it."""
    with pytest.raises(FleetError, match="no log other yet"):
        list(logs.events(Log([]), "other", START))
