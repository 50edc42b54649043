"""`fleet rollback`: the version before serves again."""

import json
from getpass import getuser
from typing import Annotated, Any
from uuid import uuid4

import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.cloud import Cloud, Stage
from cli.console import answer, answer_json, say
from cli.errors import FleetError
from cli.options import JsonOption, ModelArgument, StageOption
from modelfleet.domain import keys
from modelfleet.domain.deployment import Output
from modelfleet.domain.messages import RetrainingState, RollbackRequest, Step
from modelfleet.domain.release import read_pointer
from models.catalogue import find


def rollback(
    model: ModelArgument,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "by hand",
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Take the newest version of a model back; the one before serves within the refresh interval.

    Example: fleet rollback bankchurn --reason "scores look wrong"
    """
    find(model)
    cloud = Cloud.connect(stage)
    released = _invoke(cloud, model, reason)
    _record(cloud, model)
    if as_json:
        answer_json(released)
        return
    answer(f"{model} {released['champion']} serves; {released['previous']} was taken back")


def _invoke(cloud: Cloud, model: str, reason: str) -> dict[str, Any]:
    pointer = read_pointer(
        cloud.store(Output.ARTIFACTS_BUCKET).get(keys.release_pointer(model)).content
    )
    request = RollbackRequest(
        action="rollback", model=model, by=getuser(), reason=reason, champion=pointer.champion
    )
    answered = cloud.client("lambda").invoke(
        FunctionName=cloud.output(Output.RELEASE_FUNCTION), Payload=request.model_dump_json()
    )
    payload: dict[str, Any] = json.loads(answered["Payload"].read())
    if answered.get("FunctionError"):
        raise FleetError(f"nothing was changed: {payload.get('errorMessage')}")
    return payload


def _record(cloud: Cloud, model: str) -> None:
    """Let the registry's aliases follow; its database may have to wake, so nobody waits for it."""
    state = RetrainingState(model=model, execution=f"rollback-{uuid4().hex[:12]}")
    event = {"step": Step.RECORD, "state": state.model_dump(mode="json")}
    try:
        cloud.client("lambda").invoke(
            FunctionName=cloud.output(Output.TRAIN_FUNCTION),
            InvocationType="Event",
            Payload=json.dumps(event),
        )
    except (BotoCoreError, ClientError) as error:
        # What serves is taken back already, and the next retraining catches the registry up.
        say(f"the registry's aliases were not moved: {error}")
