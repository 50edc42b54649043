"""What a stage's functions logged about a model or an execution."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from cli.cloud import Cloud
from cli.jobs import JobKind
from cli.output.errors import FleetError
from modelfleet.metrics.embedded import MARK
from modelfleet.resource_names import ModelResource, Resource, resource_name

EVENTS_MAXIMUM = 10_000
# CloudWatch may deliver lines late; when following, this much is read again.
_LATE = timedelta(minutes=2)
# Lambda's own lines about each invocation.
_PLATFORM = re.compile(
    r"(?:START|END|REPORT|RESTORE_START|RESTORE_REPORT) RequestId:"
    r"|(?:INIT_START|INIT_REPORT|RESTORE_START|RESTORE_REPORT|EXTENSION|TELEMETRY|XRAY TraceId:)\s"
)
_REQUEST_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


class Function(StrEnum):
    """The functions that handle a model."""

    PREDICT = "predict"
    TRAIN = "train"
    RELEASE = "release"
    BATCH = "batch"
    DRIFT = "drift"
    CAPTURES = "captures"
    METRICS = "metrics"
    PRETRAFFIC = "pretraffic"
    REGISTRY_USERS = "registry-users"
    SCHEMA = "schema"


# Each model has its own; the other functions serve all models.
_OF_MODEL = {
    Function.PREDICT: ModelResource.PREDICT,
    Function.DRIFT: ModelResource.DRIFT,
    Function.PRETRAFFIC: ModelResource.PRETRAFFIC,
}
# The functions that log the execution's ID with each line.
OF_EXECUTION = {
    JobKind.RETRAINING: (Function.TRAIN, Function.RELEASE),
    JobKind.BATCH: (Function.BATCH,),
}


@dataclass(frozen=True)
class LogLine:
    """A line of a log: when it was logged, its text, and the values of a JSON line."""

    function: Function
    at: datetime
    text: str
    values: dict[str, Any]

    @property
    def request(self) -> str | None:
        """The ID of the invocation that logged it, if it says so."""
        if self.values:
            own = self.values.get("request_id")
            return own if isinstance(own, str) else None
        found = _REQUEST_ID.search(self.text)
        return found[0] if found else None


class Logs:
    """The logs of some functions, read again and again.

    Parameters
    ----------
    cloud
        The stage.
    model
        The model; lines of invocations for other models are left out.
    functions
        Whose logs to read.
    since
        The time from which to read.
    execution
        If set, only lines of invocations for this execution are kept.
    """

    def __init__(
        self,
        cloud: Cloud,
        model: str,
        functions: Sequence[Function],
        since: datetime,
        execution: str | None = None,
    ) -> None:
        self._client = cloud.client("logs")
        self._groups = {each: log_group(cloud, _name(cloud, model, each)) for each in functions}
        self._model, self._execution, self._since = model, execution, since
        self._printed: set[tuple[Function, str, int, str]] = set()

    def new_lines(self, now: datetime) -> list[LogLine]:
        """Return the lines since the last call, oldest first.

        Raises
        ------
        FleetError
            If a function has no log group.
        """
        found = {
            (function, event["logStreamName"], event["timestamp"], event["message"]): event
            for function, group in self._groups.items()
            for event in events(self._client, group, self._since)
        }
        lines = {identity: _line(identity[0], event) for identity, event in found.items()}
        kept = set(map(id, self._about(lines.values())))
        # The local engine gives events no ID.
        fresh = {
            identity: line
            for identity, line in lines.items()
            if id(line) in kept and identity not in self._printed
        }
        self._since = max(self._since, now - _LATE)
        first = int(self._since.timestamp() * 1000)
        self._printed = {each for each in self._printed | {*fresh} if each[2] >= first}
        return sorted(fresh.values(), key=lambda line: line.at)

    def _about(self, lines: Iterable[LogLine]) -> list[LogLine]:
        logged = [line for line in lines if not _is_noise(line)]
        if self._execution is None:
            return about_model(self._model, logged)
        return about_execution(self._execution, logged)


def about_model(model: str, lines: Sequence[LogLine]) -> list[LogLine]:
    """Leave out the lines of invocations for other models.

    Our lines state model and request; a line that states neither belongs to every model.
    """
    others = {line.request for line in lines if line.values.get("model", model) != model} - {None}
    return [
        line
        for line in lines
        if line.values.get("model", model) == model
        if line.request not in others
    ]


def about_execution(execution: str, lines: Sequence[LogLine]) -> list[LogLine]:
    """Keep the lines of invocations for an execution, also those that only state the request."""
    own = {line.request for line in lines if line.values.get("execution_id") == execution} - {None}
    return [
        line
        for line in lines
        if line.values.get("execution_id") == execution or line.request in own
    ]


def log_group(cloud: Cloud, function: str) -> str:
    """A function's log group.

    Raises
    ------
    FleetError
        If there is no such function.
    """
    try:
        found = cloud.client("lambda").get_function_configuration(FunctionName=function)
    except ClientError as error:
        raise FleetError(f"function {function} does not exist; deploy the stage first") from error
    group: str = found["LoggingConfig"]["LogGroup"]
    return group


def events(client: Any, group: str, since: datetime) -> Iterator[dict[str, Any]]:
    """Yield the events of a log group since a time, oldest first and possibly repeated.

    Raises
    ------
    FleetError
        If there is no such group.
    """
    start = int(since.timestamp() * 1000)
    pages = client.get_paginator("filter_log_events")
    while True:
        count, newest = 0, start
        try:
            for page in pages.paginate(logGroupName=group, startTime=start):
                count += len(page["events"])
                newest = max([newest, *(event["timestamp"] for event in page["events"])])
                yield from page["events"]
        except ClientError as error:
            raise FleetError(f"log group {group} does not exist yet: {error}") from error
        # The local engine returns at most this many events and no token for the next page.
        if count < EVENTS_MAXIMUM:
            return
        start = max(newest, start + 1)


def _name(cloud: Cloud, model: str, function: Function) -> str:
    if function in _OF_MODEL:
        return resource_name(cloud.stage, _OF_MODEL[function], model)
    return resource_name(cloud.stage, Resource(function.value))


def _is_noise(line: LogLine) -> bool:
    """Whether Lambda wrote the line, or it only carries values for CloudWatch's metrics."""
    is_metric = MARK in line.values and "message" not in line.values
    return is_metric or _PLATFORM.match(line.text) is not None


def _line(function: Function, event: dict[str, Any]) -> LogLine:
    text = event["message"].rstrip()
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    values = parsed if isinstance(parsed, dict) else {}
    logged = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return LogLine(function, _own_time(values) or logged, text, values)


def _own_time(values: dict[str, Any]) -> datetime | None:
    """When our logger wrote the line; the local engine delivers it when the invocation ends."""
    try:
        at = datetime.fromisoformat(values["timestamp"])
    except (KeyError, TypeError, ValueError):
        return None
    return at.astimezone(UTC) if at.tzinfo else None
