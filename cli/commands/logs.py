"""`fleet logs`: what a model's functions wrote."""

import time
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError

from cli.cloud import Cloud, Stage
from cli.console import answer, answer_json
from cli.errors import FleetError
from cli.options import JsonOption, ModelArgument, StageOption
from modelfleet.domain.deployment import Output, predict_function
from models.catalogue import find

_POLL_SECONDS = 2.0

# The local engine gives events no identity of their own.
_Identity = tuple[str, int, str]


class Function(StrEnum):
    """The functions that work for a model."""

    PREDICT = "predict"
    TRAIN = "train"
    RELEASE = "release"
    BATCH = "batch"


_OUTPUTS = {
    Function.TRAIN: Output.TRAIN_FUNCTION,
    Function.RELEASE: Output.RELEASE_FUNCTION,
    Function.BATCH: Output.BATCH_FUNCTION,
}


def logs(
    model: ModelArgument,
    function: Annotated[Function, typer.Option(help="Whose log.")] = Function.PREDICT,
    minutes: Annotated[int, typer.Option(min=1, help="How far back.")] = 60,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Print the log of a model's function.

    Example: fleet logs bankchurn --function train --minutes 10
    """
    find(model)
    cloud = Cloud.connect(stage)
    group = f"/aws/lambda/{_function_name(cloud, model, function)}"
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    seen: set[_Identity] = set()
    while True:
        events = [e for e in _events(cloud, group, since) if _identity(e) not in seen]
        seen.update(map(_identity, events))
        _print(events, as_json)
        if not follow:
            return
        time.sleep(_POLL_SECONDS)


def _identity(event: dict[str, Any]) -> _Identity:
    return event["logStreamName"], event["timestamp"], event["message"]


def _function_name(cloud: Cloud, model: str, function: Function) -> str:
    if function is Function.PREDICT:
        return predict_function(cloud.stage, model)
    return cloud.output(_OUTPUTS[function])


def _events(cloud: Cloud, group: str, since: datetime) -> list[dict[str, Any]]:
    pages = cloud.client("logs").get_paginator("filter_log_events")
    try:
        found = pages.paginate(logGroupName=group, startTime=int(since.timestamp() * 1000))
        return [event for page in found for event in page["events"]]
    except ClientError as error:
        raise FleetError(f"no log {group} yet: {error}") from error


def _print(events: list[dict[str, Any]], as_json: bool) -> None:
    for event in events:
        if as_json:
            answer_json({"timestamp": event["timestamp"], "message": event["message"]})
        else:
            at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            answer(f"{at:%H:%M:%S} {event['message'].rstrip()}")
