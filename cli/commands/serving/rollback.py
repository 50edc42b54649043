"""`fleet rollback`: serve the previous version again."""

from typing import Annotated

import typer

from cli import completion
from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption, identifier, visible_line
from cli.output.console import answer, answer_json
from cli.output.errors import FleetError
from cli.output.user import user
from cli.release.function import call_release_function, update_aliases
from cli.release.history import readable_pointers, require_pointer
from modelfleet.catalogue import find
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.release.requests import RestoreRequest, RollbackRequest
from modelfleet.retraining.state import Released
from modelfleet.storage import keys


def rollback(
    model: ModelArgument,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help="Version to serve. Default: the previous one.",
            callback=identifier("version"),
            autocompletion=completion.versions,
        ),
    ] = None,
    restore: Annotated[
        bool,
        typer.Option("--restore", help="Restore the last readable version of a damaged pointer."),
    ] = False,
    reason: Annotated[
        str, typer.Option(help="Reason for the record.", callback=visible_line)
    ] = "manual rollback",
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Serve a model's previous version again.

    Takes effect within the refresh interval. A challenger loses its share instead, and a running
    release ends.

    Example: fleet rollback bankchurn --reason "scores look wrong"
    """
    find(model)
    cloud = Cloud.connect(stage)
    if restore:
        _restore(cloud, model, to, reason, as_json=as_json)
        return
    before = require_pointer(cloud, model)
    request = RollbackRequest(
        action="rollback", model=model, by=user(), reason=reason, champion=before.champion, to=to
    )
    released = call_release_function(cloud, request)
    update_aliases(cloud, model)
    if as_json:
        answer_json(released.model_dump(mode="json"))
        return
    answer(f"{model} {released.champion} is serving; {_effect(before, released, to)}")


def _restore(cloud: Cloud, model: str, to: str | None, reason: str, *, as_json: bool) -> None:
    if to is not None:
        raise FleetError("--restore and --to exclude each other; restore first, then roll back")
    good = next(readable_pointers(cloud, model), None)
    if good is None:
        raise FleetError(
            f"no version of {keys.release_pointer(model)} is readable; delete the object, then "
            f"release again with `fleet retrain {model} --force --wait`"
        )
    request = RestoreRequest(action="restore", model=model, by=user(), reason=reason, pointer=good)
    released = call_release_function(cloud, request)
    update_aliases(cloud, model)
    if as_json:
        answer_json(released.model_dump(mode="json"))
    else:
        answer(f"{model} {released.champion} is serving; its release pointer was restored")


def _effect(before: ReleasePointer, released: Released, to: str | None) -> str:
    if to is None and before.challenger is not None:
        return f"{before.challenger.version} lost its share"
    return f"{released.previous} was rolled back"
