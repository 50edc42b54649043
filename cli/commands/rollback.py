"""`fleet rollback`: the version before serves again."""

import json
from getpass import getuser
from typing import Annotated, Any

import typer

from cli.cloud import Cloud, Stage
from cli.console import answer, answer_json
from cli.errors import FleetError
from cli.options import JsonOption, ModelArgument, StageOption
from modelfleet.domain import keys
from modelfleet.domain.deployment import Output
from modelfleet.domain.messages import RollbackRequest
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
    released = _invoke(Cloud.connect(stage), model, reason)
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
