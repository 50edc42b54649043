"""`fleet status`: versions, traffic, and health of every model."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from cli.cloud import Cloud, Stage, is_ready
from cli.commands.options import JsonOption, StageOption
from cli.output.console import answer, answer_json, answer_table, warn
from cli.release.history import readable_pointers
from modelfleet.catalogue import names
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.registry.pointer_store import current
from modelfleet.resource_names import Output
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage.object_store import ObjectStore

# Idle functions need most of a second to start: 200 of them are ready in some five seconds.
_AT_ONCE = 32


def status(stage: StageOption = Stage.LOCAL, as_json: JsonOption = False) -> None:
    """Show the API and each model's versions, traffic, and health.

    Example: fleet status --stage prod --json
    """
    found = describe(Cloud.connect(stage))
    if as_json:
        answer_json(found)
        return
    rows = [_row(model, state) for model, state in found["models"].items()]
    answer(
        f"stage   {found['stage']}",
        f"API     {found['api_url']}/MODEL",
        f"key     {found['api_key']}",
        *([f"console {found['console_url']}"] if found["console_url"] else []),
    )
    answer_table(("model", "champion", "previous", "challenger", "share", "ready"), rows)
    for state in found["models"].values():
        if state["fault"]:
            warn(state["fault"])


def describe(cloud: Cloud) -> dict[str, Any]:
    """The stage's state, as printed by `--json`."""
    artifacts = cloud.store(Output.ARTIFACTS_BUCKET)
    with cloud.http() as http, ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(partial(_read, http, artifacts), names()))
    models = {each.model: _state(cloud, each) for each in found}
    return {
        "stage": str(cloud.stage),
        "api_url": cloud.api_url,
        "api_key": cloud.api_key,
        # A stage that an earlier release deployed has none.
        "console_url": cloud.outputs.get(Output.CONSOLE_URL),
        "models": models,
    }


class _Read(NamedTuple):
    """What the stage says about a model: its pointer, or why that is unreadable."""

    model: str
    ready: bool
    pointer: ReleasePointer | None = None
    error: ReleaseError | None = None


def _read(http: httpx.Client, artifacts: ObjectStore, model: str) -> _Read:
    """Read a model's pointer; an unreadable one does not keep the other models from being shown."""
    ready = is_ready(http, model)
    try:
        return _Read(model, ready, pointer=current(artifacts, model))
    except ReleaseError as error:
        return _Read(model, ready, error=error)


def _state(cloud: Cloud, read: _Read) -> dict[str, Any]:
    model, pointer = read.model, read.pointer
    challenger = pointer.challenger if pointer else None
    return {
        "champion": pointer.champion if pointer else None,
        "previous": pointer.previous if pointer else None,
        "challenger": challenger.version if challenger else None,
        "share": challenger.share if challenger else 0.0,
        "ready": read.ready,
        "url": f"{cloud.api_url}/{model}",
        "fault": f"{model}: {read.error}; {_last_good(cloud, model)}" if read.error else None,
    }


def _last_good(cloud: Cloud, model: str) -> str:
    try:
        good = next(readable_pointers(cloud, model), None)
    except (ClientError, BotoCoreError) as error:
        return f"its earlier versions cannot be listed: {error}"
    if good is None:
        return "no version of it can be read"
    return f"that names champion {good.champion}, since {good.written_at:%Y-%m-%d %H:%M:%S} UTC"


def _row(model: str, state: dict[str, Any]) -> tuple[str, ...]:
    return (
        model,
        state["champion"] or "-",
        state["previous"] or "-",
        state["challenger"] or "-",
        f"{state['share']:.0%}",
        "yes" if state["ready"] else "no",
    )
