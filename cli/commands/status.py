"""`fleet status`: versions, traffic and health of every model."""

from typing import Any

import httpx

from cli.cloud import Cloud, Stage, is_ready
from cli.console import answer, answer_json, answer_table
from cli.options import JsonOption, StageOption
from modelfleet.domain import keys
from modelfleet.domain.deployment import Output
from modelfleet.domain.errors import ObjectNotFoundError
from modelfleet.domain.ports import ObjectStore
from modelfleet.domain.release import ReleasePointer, read_pointer
from models.catalogue import names


def status(stage: StageOption = Stage.LOCAL, as_json: JsonOption = False) -> None:
    """Show the API, and each model's versions, traffic and health.

    Example: fleet status --stage prod --json
    """
    found = describe(Cloud.connect(stage))
    if as_json:
        answer_json(found)
        return
    rows = [_row(model, state) for model, state in found["models"].items()]
    answer(f"stage {found['stage']}\nAPI   {found['api_url']}/MODEL\nkey   {found['api_key']}")
    answer_table(("model", "champion", "previous", "challenger", "share", "ready"), rows)


def describe(cloud: Cloud) -> dict[str, Any]:
    """The stage's state as `--json` prints it."""
    artifacts = cloud.store(Output.ARTIFACTS_BUCKET)
    with cloud.http() as http:
        models = {model: _model(cloud, http, artifacts, model) for model in names()}
    return {
        "stage": str(cloud.stage),
        "api_url": cloud.api_url,
        "api_key": cloud.api_key,
        "models": models,
    }


def _model(cloud: Cloud, http: httpx.Client, artifacts: ObjectStore, model: str) -> dict[str, Any]:
    pointer = _pointer(artifacts, model)
    challenger = pointer.challenger if pointer else None
    return {
        "champion": pointer.champion if pointer else None,
        "previous": pointer.previous if pointer else None,
        "challenger": challenger.version if challenger else None,
        "share": challenger.share if challenger else 0.0,
        "ready": is_ready(http, model),
        "url": f"{cloud.api_url}/{model}",
    }


def _pointer(artifacts: ObjectStore, model: str) -> ReleasePointer | None:
    try:
        return read_pointer(artifacts.get(keys.release_pointer(model)).content)
    except ObjectNotFoundError:
        return None


def _row(model: str, state: dict[str, Any]) -> tuple[str, ...]:
    return (
        model,
        state["champion"] or "-",
        state["previous"] or "-",
        state["challenger"] or "-",
        f"{state['share']:.0%}",
        "yes" if state["ready"] else "no",
    )
