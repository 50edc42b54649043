"""`fleet remove`: delete a model's folder."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from cli.commands.options import JsonOption, ModelArgument
from cli.datasets import first_dataset
from cli.drafting import folder
from cli.local_cloud.layout import Layout
from cli.output.console import answer, answer_json, done, shown
from cli.output.errors import FleetError
from modelfleet import catalogue
from modelfleet.storage import keys

_ARTIFACTS, _LAKE = "ARTIFACTS_BUCKET", "LAKE_BUCKET"


def remove(
    model: ModelArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete a model's folder.

    The next deployment of each stage deletes its API and its functions. Its data, bundles, and
    history stay in the cloud; a table that no local cloud has loaded yet is deleted.

    Example: fleet remove creditrisk
    """
    place = catalogue.folder(model)
    if not yes:
        _require_consent(str(place))
    folder.remove(model)
    if (first := first_dataset.find(Layout(), model)) is not None:
        first.discard()
    commands = list(_deletions(model))
    if as_json:
        answer_json({"model": model, "removed": str(place), "to_delete": commands})
        return
    done(f"deleted {place}; restore committed files with git")
    answer("the next `fleet up` or `make deploy STAGE=…` deletes its API, functions, and schedule")
    answer("its data, bundles, history, and reports stay in the buckets of each stage, which are")
    answer("outputs of its storage stack; to delete them permanently:")
    for command in commands:
        answer(f"  {command}")
    answer("its runs and versions stay in MLflow's registry; see them with `fleet ui`")


def _require_consent(place: str) -> None:
    if not sys.stdin.isatty():
        raise FleetError(f"nothing was deleted; confirm deleting {place} with --yes")
    if not typer.confirm(shown(f"Delete {place}?"), err=True):
        raise FleetError("nothing was deleted")


def _deletions(model: str) -> Iterator[str]:
    """Commands that delete everything that a stage stores for a model."""
    kept = ((_ARTIFACTS, keys.kept_artifacts(model)), (_LAKE, keys.kept_rows(model)))
    for bucket, prefixes in kept:
        for prefix in prefixes:
            recursive = " --recursive" if prefix.endswith("/") else ""
            yield f"aws s3 rm s3://{bucket}/{prefix}{recursive}"
