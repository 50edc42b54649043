"""`fleet logs`: print the logs of a model's functions."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.output.console import answer, answer_json_line
from cli.output.errors import FleetError
from modelfleet.catalogue import find
from modelfleet.resource_names import ModelResource, Resource, resource_name

_POLL_SECONDS = 2.0
EVENTS_MAXIMUM = 10_000

# The local engine does not give events an ID.
_Identity = tuple[str, int, str]


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
_REQUEST_ID = re.compile(r"RequestId: ([0-9a-f-]+)")


def logs(
    model: ModelArgument,
    function: Annotated[
        Function, typer.Option(help="Function whose log to print.")
    ] = Function.PREDICT,
    minutes: Annotated[int, typer.Option(min=1, help="Print the last minutes.")] = 60,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Print new events until Ctrl-C.")
    ] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Print the log of a model's function.

    Lines about other models are left out.

    Example: fleet logs bankchurn --function train --minutes 10
    """
    find(model)
    cloud = Cloud.connect(stage)
    group = log_group(cloud, _function_name(cloud, model, function))
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    seen: set[_Identity] = set()
    while True:
        for event in about(model, list(events(cloud.client("logs"), group, since))):
            if _identity(event) not in seen:
                seen.add(_identity(event))
                _print(event, as_json)
        if not follow:
            return
        time.sleep(_POLL_SECONDS)


def _identity(event: dict[str, Any]) -> _Identity:
    return event["logStreamName"], event["timestamp"], event["message"]


def _function_name(cloud: Cloud, model: str, function: Function) -> str:
    if function in _OF_MODEL:
        return resource_name(cloud.stage, _OF_MODEL[function], model)
    return resource_name(cloud.stage, Resource(function.value))


def about(model: str, found: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Leave out the lines of invocations for other models, Lambda's own lines included.

    Our lines state model and request; a line that states neither belongs to every model.
    """
    lines = [_parsed(event["message"]) for event in found]
    others = {
        line["request_id"]
        for line in lines
        if line.get("model", model) != model
        if "request_id" in line
    }
    for event, line in zip(found, lines, strict=True):
        if line.get("model", model) == model and line.get("request_id") not in others:
            yield event


def _parsed(message: str) -> dict[str, Any]:
    if platform := _REQUEST_ID.search(message):
        return {"request_id": platform[1]}
    try:
        line = json.loads(message)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


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


def _print(event: dict[str, Any], as_json: bool) -> None:
    if as_json:
        answer_json_line({"timestamp": event["timestamp"], "message": event["message"]})
    else:
        at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
        # Further lines are indented to mark them as part of the event.
        first, *more = event["message"].rstrip().split("\n")
        answer(f"{at:%H:%M:%S} {first}", *(f"         {line}" for line in more))
