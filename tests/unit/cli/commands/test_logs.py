"""`fleet logs` prints what functions logged, completely and in order."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from cli import logs
from cli.app import app
from cli.cloud import Cloud, Stage
from cli.output.errors import FleetError
from modelfleet.resource_names import Output

START = datetime(2026, 1, 5, tzinfo=UTC)
FIRST = int(START.timestamp() * 1000)
REQUEST = "00000000-0000-0000-0000-00000000000"
PLATFORM = (
    f"START RequestId: {REQUEST}1 Version: $LATEST",
    f"END RequestId: {REQUEST}1",
    f"REPORT RequestId: {REQUEST}1\tDuration: 1.03 ms\tBilled Duration: 2 ms",
    "INIT_START Runtime Version: python:3.11.v1\tRuntime Version ARN: arn:x",
    f"RESTORE_REPORT RequestId: {REQUEST}1\tRestore Duration: 3 ms",
    "XRAY TraceId: 1-5759e988\tSegmentId: 1\tSampled: true",
    json.dumps({"_aws": {"Timestamp": 1}, "Requests": 1.0}),
)


class Log:
    """A log whose responses contain at most a number of the oldest events."""

    def __init__(self, times: Sequence[int], messages: Sequence[str] = ()) -> None:
        self.events: list[dict[str, Any]] = [
            {"logStreamName": "s", "timestamp": FIRST + at, "message": message}
            for at, message in zip(times, messages or map(str, range(len(times))), strict=True)
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


class LoggingStage:
    """A stage with a log for each function, and two jobs: `r1`, which has ended, and `b1`."""

    stage = Stage.LOCAL

    def __init__(self, **messages: Sequence[str]) -> None:
        self.messages = messages

    def client(self, _service: str) -> "LoggingStage":
        """Every service."""
        return self

    def output(self, name: Output) -> str:
        """The ARN of a state machine."""
        return f"arn:stateMachine:{name}"

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:
        """A function's log group is named like it."""
        return {"LoggingConfig": {"LogGroup": FunctionName}}

    def get_paginator(self, _operation: str) -> "LoggingStage":
        """The stage is its own paginator."""
        return self

    def paginate(self, *, logGroupName: str, startTime: int) -> Iterator[dict[str, Any]]:
        """Events at one time, as the local engine delivers those of an invocation."""
        now = int(datetime.now(UTC).timestamp() * 1000)
        assert startTime < now
        lines = self.messages.get(logGroupName.split("-")[2], ())
        yield {"events": [{"logStreamName": "s", "timestamp": now, "message": m} for m in lines]}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        """Each job in its own machine."""
        if not executionArn.endswith((f"{Output.STATE_MACHINE_ARN}:r1", "BatchMachineArn:b1")):
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist"}}, "DescribeExecution")
        model, ended = "bankchurn", datetime.now(UTC) - timedelta(minutes=5)
        given = {"model": model} | ({"job": "b1"} if executionArn.endswith("b1") else {})
        return {
            "executionArn": executionArn,
            "input": json.dumps(given),
            "status": "SUCCEEDED",
            "startDate": ended - timedelta(minutes=5),
            "stopDate": ended,
        }

    def list_executions(self, stateMachineArn: str, **_: Any) -> dict[str, Any]:
        """The jobs."""
        name = "r1" if stateMachineArn.endswith(Output.STATE_MACHINE_ARN) else "b1"
        arn = stateMachineArn.replace("stateMachine", "execution") + f":{name}"
        return {"executions": [self.describe_execution(arn)]}


def logged(second: int, request: int = 1, **values: object) -> str:
    """A line of our logger."""
    line = {"level": "INFO", "message": f"at {second}", "model": "bankchurn"}
    line |= {"timestamp": f"2026-01-05T00:00:{second:02}.5+00:00", "service": "s"}
    return json.dumps(line | {"request_id": f"{REQUEST}{request}"} | values)


Typed = Callable[..., Result]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Run the command on a stage with these lines."""

    def run(*arguments: str, **messages: Sequence[str]) -> Result:
        monkeypatch.setattr(Cloud, "connect", lambda *_: LoggingStage(**messages))
        runner = CliRunner()
        return runner.invoke(app, ["logs", "bankchurn", *arguments], catch_exceptions=False)

    return run


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


def test_only_what_functions_logged_is_printed(typed: Typed) -> None:
    """Lambda's own lines and metrics are left out, but not its errors."""
    crash = f"2026-01-05T00:00:09.000Z {REQUEST}1 Task timed out after 3.00 seconds"
    lines = (*PLATFORM, logged(1), crash, "a line of text")
    shown = [line[20:] for line in typed(predict=lines).stdout.splitlines()]
    assert shown == [f"INFO at 1 request_id={REQUEST}1", crash, "a line of text"]


def test_an_error_has_its_stack(typed: Typed) -> None:
    """Below the line, and indented."""
    failed = logged(1, error="ZeroDivisionError", level="ERROR", frames=["a.py:1 f", "b.py:2 g"])
    first, *more = typed(predict=[failed]).stdout.splitlines()
    assert first.endswith("ERROR at 1 request_id=" + REQUEST + "1 error=ZeroDivisionError")
    assert more == ["    a.py:1 f", "    b.py:2 g"]


def test_lines_of_other_models_are_left_out(typed: Typed) -> None:
    """Train, release and batch serve all models, one per request."""
    other = logged(2, 2, model="leads")
    early = json.dumps({"message": "at the start", "request_id": f"{REQUEST}2"})
    crash = f"{REQUEST}2 Task timed out after 3.00 seconds"
    lines = [logged(1), early, other, crash, "a line of text", "[1]"]
    shown = typed("--function", "train", train=lines).stdout
    assert [line[20:34] for line in shown.splitlines()] == [
        f"INFO at 1 request_id={REQUEST}1"[:14],
        "a line of text",
        "[1]",
    ]


def test_an_executions_lines_are_collected_in_order_of_time(typed: Typed) -> None:
    """From every function that it used, including lines that only state the request."""
    own = {"execution_id": "r1"}
    early = json.dumps(
        {"message": "x", "timestamp": "2026-01-05T00:00:02+00:00", "request_id": f"{REQUEST}2"}
    )
    train = [*PLATFORM, logged(3, 2, **own), early, logged(5, 3, execution_id="r2")]
    release = [logged(1, 4, **own), logged(4, 5, **own), logged(4, 6)]
    shown = typed("--execution", "r1", "--json", train=train, release=release, batch=[logged(9)])
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [line["function"] for line in lines] == ["release", "train", "train", "release"]
    assert [line["timestamp"] for line in lines] == sorted(line["timestamp"] for line in lines)
    batch = typed("--execution", "b1", batch=[logged(1, execution_id="b1")], train=train)
    assert batch.stdout.splitlines() == ["2026-01-05 00:00:01 batch    INFO at 1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--execution", "r12"], "no job 'r12'; did you mean r1"),
        (["--execution", "r1", "--since", "2h"], "omit --function and --since"),
        (["--since", "2 hours"], "invalid --since 2 hours"),
    ],
)
def test_what_cannot_be_printed_is_refused(
    arguments: list[str], message: str, typed: Typed
) -> None:
    """The error says what to type instead."""
    with pytest.raises(FleetError, match=message):
        typed(*arguments)


def test_an_execution_of_another_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has the command that shows it."""
    monkeypatch.setattr(Cloud, "connect", lambda *_: LoggingStage())
    arguments = ["logs", "leads", "--execution", "r1"]
    with pytest.raises(FleetError, match="fleet logs bankchurn --execution r1"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_following_prints_new_lines_once_until_ctrl_c(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C is how it ends, and no error."""
    lines = [logged(1)]

    def pause(_seconds: float) -> None:
        if len(lines) == 3:
            raise KeyboardInterrupt
        lines.append(logged(len(lines) + 1, len(lines) + 1))

    monkeypatch.setattr(time, "sleep", pause)
    monkeypatch.setattr(logs, "events", lambda *_: _at_fixed_times(lines))
    ended = typed("--follow")
    assert [line.split()[2:5] for line in ended.stdout.splitlines()] == [
        ["INFO", "at", str(number)] for number in (1, 2, 3)
    ]
    assert ended.exit_code == 0


def _at_fixed_times(lines: list[str]) -> Iterator[dict[str, Any]]:
    now = int(datetime.now(UTC).timestamp()) // 100 * 100_000
    for place, line in enumerate(lines):
        yield {"logStreamName": "s", "timestamp": now + place, "message": line}


def test_following_an_execution_ends_with_it(typed: Typed) -> None:
    """Nothing more will be logged."""
    shown = typed("--execution", "r1", "--follow", train=[logged(1, execution_id="r1")]).stdout
    assert len(shown.splitlines()) == 1


def test_silence_is_said(typed: Typed) -> None:
    """Otherwise people would not know whether the command worked."""
    assert "nothing was logged" in typed(predict=PLATFORM).stderr


@pytest.mark.parametrize("function", list(logs.Function))
def test_every_function_has_a_log(function: logs.Function) -> None:
    """The names are those that the stage deploys."""
    cloud: Any = SimpleNamespace(stage="local")
    name = logs._name(cloud, "churn", function)
    assert name.startswith(f"modelfleet-local-{function.value}")
