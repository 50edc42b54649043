"""Calls of the functions that change what is released."""

import json
from typing import TypeVar
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from cli.cloud import Cloud
from cli.output.console import warn
from cli.output.errors import FleetError
from modelfleet.resource_names import Output
from modelfleet.retraining.state import Released, RetrainingState, Step

Answer = TypeVar("Answer", bound=BaseModel)


def call_release_function(cloud: Cloud, request: BaseModel) -> Released:
    """Send a request that moves the pointer to the release function; see `ask_release_function`."""
    return ask_release_function(cloud, request, Released)


def ask_release_function(cloud: Cloud, request: BaseModel, kind: type[Answer]) -> Answer:
    """Send a request to the release function.

    Raises
    ------
    FleetError
        If the function rejects the request; nothing was changed then.
    """
    response = cloud.client("lambda").invoke(
        FunctionName=cloud.output(Output.RELEASE_FUNCTION), Payload=request.model_dump_json()
    )
    payload = json.loads(response["Payload"].read())
    if response.get("FunctionError"):
        raise FleetError(f"nothing was changed: {payload.get('errorMessage')}")
    return kind.model_validate(payload)


def update_aliases(cloud: Cloud, model: str) -> None:
    """Update the registry's aliases without waiting, because its database may have to wake up."""
    state = RetrainingState(model=model, execution=f"rollback-{uuid4().hex[:12]}")
    event = {"step": Step.RECORD, "state": state.model_dump(mode="json")}
    try:
        cloud.client("lambda").invoke(
            FunctionName=cloud.output(Output.TRAIN_FUNCTION),
            InvocationType="Event",
            Payload=json.dumps(event),
        )
    except (BotoCoreError, ClientError) as error:
        # The release itself has changed already, and the next retraining updates the registry.
        warn(f"the registry's aliases were not updated: {error}")
