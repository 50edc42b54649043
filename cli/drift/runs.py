"""Runs of the drift functions."""

import json
from typing import Any

from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.drift.requests import DriftOutcome, DriftRequest
from modelfleet.resource_names import drift_function


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
