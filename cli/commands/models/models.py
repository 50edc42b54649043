"""`fleet models` and `fleet card`: a model's registered versions and their model cards."""

import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import completion
from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption, identifier
from cli.local_cloud.layout import Layout
from cli.output.console import answer, answer_json, answer_table
from cli.output.errors import FleetError
from cli.output.files import write_atomically
from cli.training import model_tables
from modelfleet.catalogue import find
from modelfleet.registry.aliases import alias_moves
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import CARD_FILE
from modelfleet.registry.versions import read_versions, require_version, version_names
from modelfleet.resource_names import Output
from modelfleet.storage.object_store import ObjectStore

_LAST = 20
# Parts of the manifest that only the predict function needs.
_LONG = frozenset({"encoding", "features", "files"})

VersionArgument = Annotated[
    str | None,
    typer.Argument(
        help="Registered version.",
        show_default=False,
        callback=identifier("version"),
        autocompletion=completion.versions,
    ),
]


def models(
    model: ModelArgument,
    version: VersionArgument = None,
    moves: Annotated[
        bool, typer.Option("--moves", help="Show the aliases' moves: who, when, and why.")
    ] = False,
    last: Annotated[int, typer.Option(min=1, help="Number of versions to list.")] = _LAST,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """List a model's registered versions, or show one of them.

    Example: fleet models bankchurn, or: fleet models bankchurn 2, or: fleet models leads --moves
    """
    spec = find(model)
    artifacts = Cloud.connect(stage).store(Output.ARTIFACTS_BUCKET)
    if version is not None:
        _show_one(artifacts, model, version, as_json)
    elif moves:
        _show_moves(artifacts, model, as_json)
    else:
        _list(artifacts, spec.name, last, as_json)


def card(
    model: ModelArgument,
    version: Annotated[
        str | None,
        typer.Argument(
            help="Registered version. Default: the champion.",
            callback=identifier("version"),
            autocompletion=completion.versions,
        ),
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", help="File to write. Default: in .fleet/cards.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Download the model card of a version.

    It describes the model's purpose, metrics, slices, and limitations, and whether it was trained
    on generated rows or on loaded ones.

    Example: fleet card bankchurn --open
    """
    find(model)
    artifacts = Cloud.connect(stage).store(Output.ARTIFACTS_BUCKET)
    name = require_version(artifacts, model, version)
    file = page or Layout().cards / f"{model}-{name}.html"
    bundles = BundleStore(artifacts)
    manifest = bundles.manifest(model, name)
    if CARD_FILE not in manifest.files:
        raise FleetError(f"{model} {name} has no model card; retrain it to create one")
    write_atomically(file, bundles.card(manifest))
    if show:
        webbrowser.open(file.resolve().as_uri())
    data = manifest.data
    if as_json:
        told = {"model": model, "version": name, "card": str(file)}
        answer_json(told | {"data": data.model_dump(mode="json")})
        return
    answer(f"trained on {data.rows:,} {data.told} of data set {data.dataset_version}")
    answer(f"wrote the model card of {model} {name} to {file}")


def _list(artifacts: ObjectStore, model: str, last: int, as_json: bool) -> None:
    names = version_names(artifacts, model)
    found = read_versions(artifacts, model, names[:last], alias_moves(artifacts, model))
    if as_json:
        versions = [_described(v.manifest.model_dump(mode="json"), v.aliases) for v in found]
        answer_json({"model": model, "registered": len(names), "versions": versions})
        return
    if not found:
        raise FleetError(
            f"{model} has no registered version; train one with `fleet retrain {model}`"
        )
    spec = find(model)
    rows = [model_tables.version_row(spec, v.manifest, v.aliases) for v in found]
    answer_table(model_tables.VERSIONS, rows)
    if len(names) > len(found):
        answer(
            f"not shown: {len(names) - len(found)} older versions; list more with "
            f"`fleet models {model} --last N`"
        )


def _show_one(artifacts: ObjectStore, model: str, version: str, as_json: bool) -> None:
    name = require_version(artifacts, model, version)
    (found,) = read_versions(artifacts, model, [name], alias_moves(artifacts, model))
    if as_json:
        answer_json(_described(found.manifest.model_dump(mode="json"), found.aliases))
        return
    for line in model_tables.version_lines(found.manifest, found.aliases):
        answer(line)
    answer_table(model_tables.METRICS, model_tables.metric_rows(found.manifest))
    if (selection := found.manifest.selection) is not None:
        rows = [model_tables.candidate_row(c, selection.chosen) for c in selection.candidates]
        answer_table(model_tables.CANDIDATES, rows)
        answer(selection.reason)


def _show_moves(artifacts: ObjectStore, model: str, as_json: bool) -> None:
    found = alias_moves(artifacts, model)
    if as_json:
        answer_json({"model": model, "moves": [move.model_dump(mode="json") for move in found]})
        return
    if not found:
        raise FleetError(f"{model}: no alias has been set yet")
    answer_table(model_tables.MOVES, [model_tables.move_row(move) for move in found])


def _described(manifest: dict[str, Any], aliases: tuple[str, ...]) -> dict[str, Any]:
    """A version as JSON: what the table shows, then the rest of its manifest."""
    return {"version": manifest["version"], "aliases": list(aliases)} | {
        name: value for name, value in manifest.items() if name not in _LONG
    }
