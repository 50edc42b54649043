"""`fleet rollback`: the version before serves again."""

import json
from getpass import getuser
from typing import Annotated
from uuid import uuid4

import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption, name_of_a
from cli.output.console import answer, answer_json, say
from cli.output.errors import FleetError
from cli.release import history as releases
from modelfleet.domain import keys
from modelfleet.domain.deployment import Output
from modelfleet.domain.messages import Released, RetrainingState, Step
from modelfleet.domain.release import ReleasePointer
from modelfleet.domain.release_requests import RestoreRequest, RollbackRequest
from models.catalogue import find


def rollback(
    model: ModelArgument,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="Serve this version, not the one before.", callback=name_of_a("version")
        ),
    ] = None,
    restore: Annotated[
        bool,
        typer.Option("--restore", help="Restore the last good release pointer, if it is broken."),
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "by hand",
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Take the newest version of a model back; the one before serves within the refresh interval.

    A version that has only a share loses it, and a release that runs ends.

    Example: fleet rollback bankchurn --reason "scores look wrong"
    """
    find(model)
    cloud = Cloud.connect(stage)
    if restore:
        _restore(cloud, model, to, reason, as_json=as_json)
        return
    before = releases.pointer(cloud, model)
    request = RollbackRequest(
        action="rollback", model=model, by=getuser(), reason=reason, champion=before.champion, to=to
    )
    released = releases.ask(cloud, request)
    _record(cloud, model)
    if as_json:
        answer_json(released.model_dump(mode="json"))
        return
    answer(f"{model} {released.champion} serves; {_taken_back(before, released, to)}")


def _restore(cloud: Cloud, model: str, to: str | None, reason: str, *, as_json: bool) -> None:
    if to is not None:
        raise FleetError("give either --restore or --to; restore first, then roll back")
    good = next(releases.good_pointers(cloud, model), None)
    if good is None:
        raise FleetError(
            f"no version of {keys.release_pointer(model)} can be read; delete the object, then "
            f"release again: fleet retrain {model} --force --wait"
        )
    request = RestoreRequest(
        action="restore", model=model, by=getuser(), reason=reason, pointer=good
    )
    released = releases.ask(cloud, request)
    _record(cloud, model)
    if as_json:
        answer_json(released.model_dump(mode="json"))
    else:
        answer(f"{model} {released.champion} serves; its release pointer was restored")


def _taken_back(before: ReleasePointer, released: Released, to: str | None) -> str:
    if to is None and before.challenger is not None:
        return f"{before.challenger.version} lost its share"
    return f"{released.previous} was taken back"


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
