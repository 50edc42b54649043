"""Runs of the drift functions."""

import json
import re
from typing import Any

from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.drift.requests import DriftOutcome, DriftRequest
from modelfleet.resource_names import drift_function

_HOURS = {"m": 1 / 60, "h": 1.0, "d": 24.0}
_SHORTEST_HOURS, _LONGEST_HOURS = 1 / 60, 31 * 24.0
_WINDOW = re.compile(r"(\d+(?:\.\d+)?)([mhd])")


def window_hours(text: str) -> float:
    """The length of a window such as `24h`, in hours.

    Raises
    ------
    FleetError
        If the text is no valid window.
    """
    found = _WINDOW.fullmatch(text)
    hours = float(found[1]) * _HOURS[found[2]] if found else 0.0
    if not _SHORTEST_HOURS <= hours <= _LONGEST_HOURS:
        raise FleetError(
            f"invalid --window {text}; use a duration from 1m to 31d, such as 90m, 24h, 7d"
        )
    return hours


def start_run(cloud: Cloud, request: DriftRequest) -> None:
    """Start a drift run without waiting for it."""
    _invoke(cloud, request, "Event")


def run_drift(cloud: Cloud, request: DriftRequest) -> DriftOutcome:
    """Run the drift function and return its result.

    Raises
    ------
    FleetError
        If the run fails.
    """
    response = _invoke(cloud, request, "RequestResponse")
    payload = json.loads(response["Payload"].read())
    if response.get("FunctionError"):
        raise FleetError(
            f"the drift run of {request.model} failed: {payload.get('errorMessage')}; "
            f"see `fleet logs {request.model} --function drift`"
        )
    return DriftOutcome.model_validate(payload)


def _invoke(cloud: Cloud, request: DriftRequest, kind: str) -> dict[str, Any]:
    response: dict[str, Any] = cloud.client("lambda").invoke(
        FunctionName=drift_function(cloud.stage, request.model),
        InvocationType=kind,
        Payload=request.model_dump_json(exclude_none=True),
    )
    return response
