"""Runs of the drift functions, and the reports that they left."""

import json
import re
from datetime import timedelta
from typing import Any

from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.adapters.object_store import BucketObjectStore
from modelfleet.domain import keys
from modelfleet.domain.deployment import Output, drift_function
from modelfleet.domain.ports import ObjectStore
from modelfleet.domain.watch_requests import WatchOutcome, WatchRequest
from modelfleet.pipelines.watch_reports import report_folders

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_WINDOW = re.compile(r"(\d+(?:\.\d+)?)([mhd])")


def hours(window: str) -> float:
    """How many hours a text such as `24h` means.

    Raises
    ------
    FleetError
        If it means none.
    """
    found = _WINDOW.fullmatch(window)
    span = timedelta(**{_UNITS[found[2]]: float(found[1])}) if found else timedelta()
    if not timedelta() < span <= timedelta(days=31):
        raise FleetError(f"--window {window}: give a time up to 31 days, such as 90m, 24h or 7d")
    return span / timedelta(hours=1)


def start(cloud: Cloud, request: WatchRequest) -> None:
    """Have a model watched, and do not wait for it."""
    _invoke(cloud, request, "Event")


def run(cloud: Cloud, request: WatchRequest) -> WatchOutcome:
    """Have a model watched, and answer what came of it.

    Raises
    ------
    FleetError
        If the run fails.
    """
    answered = _invoke(cloud, request, "RequestResponse")
    payload = json.loads(answered["Payload"].read())
    if answered.get("FunctionError"):
        raise FleetError(
            f"the drift run of {request.model} failed: {payload.get('errorMessage')}; "
            f"look at: fleet logs {request.model} --function drift"
        )
    return WatchOutcome.model_validate(payload)


def artifacts(cloud: Cloud) -> BucketObjectStore:
    """The bucket with the reports."""
    store = cloud.store(Output.ARTIFACTS_BUCKET)
    if not isinstance(store, BucketObjectStore):
        raise TypeError(f"{type(store).__name__} cannot sign links")
    return store


def folders(store: ObjectStore, model: str) -> list[str]:
    """A model's reports, the newest last.

    Raises
    ------
    FleetError
        If there are none.
    """
    found = report_folders(store, model)
    if not found:
        raise FleetError(f"{model} has no report yet; run: fleet drift {model} --wait")
    return found


def name_of(folder: str, model: str) -> str:
    """What a person calls a report: the end of its window."""
    return folder.removeprefix(f"{keys.reports(model)}/")


def _invoke(cloud: Cloud, request: WatchRequest, kind: str) -> dict[str, Any]:
    answer: dict[str, Any] = cloud.client("lambda").invoke(
        FunctionName=drift_function(cloud.stage, request.model),
        InvocationType=kind,
        Payload=request.model_dump_json(exclude_none=True),
    )
    return answer
