"""`fleet remove`: takes a model's folder away, and says what stays of it."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from cli.commands.options import JsonOption, ModelArgument
from cli.drafting import folder
from cli.output.console import answer, answer_json, done, shown
from cli.output.errors import FleetError
from modelfleet.domain import keys
from models import catalogue

_ARTIFACTS, _LAKE = "ARTIFACTS_BUCKET", "LAKE_BUCKET"


def remove(
    model: ModelArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without being asked.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take a model's folder out of the fleet; its data, bundles and history stay in the cloud.

    Its API and its functions go with the next deployment of each stage.

    Example: fleet remove creditrisk
    """
    place = catalogue.folder(model)
    if not yes:
        _require_consent(str(place))
    folder.remove(model)
    commands = list(_deletions(model))
    if as_json:
        answer_json({"model": model, "removed": str(place), "to_delete": commands})
        return
    done(f"{place} is gone; what git knows of it can be had back from there")
    answer("its API, functions and schedule go with the next: make up, make deploy STAGE=…")
    answer("its data, bundles, history and reports stay in each stage's buckets, which the stack")
    answer("storage names in its outputs; to delete them for good:")
    for command in commands:
        answer(f"  {command}")
    answer("its runs and versions stay on record in MLflow's registry; see them with: fleet ui")


def _require_consent(place: str) -> None:
    if not sys.stdin.isatty():
        raise FleetError(f"nothing is removed yet; to take {place} away, add: --yes")
    if not typer.confirm(shown(f"Remove {place}?"), err=True):
        raise FleetError("nothing is removed")


def _deletions(model: str) -> Iterator[str]:
    """What deletes everything that a stage keeps of a model."""
    kept = ((_ARTIFACTS, keys.kept_artifacts(model)), (_LAKE, keys.kept_rows(model)))
    for bucket, prefixes in kept:
        for prefix in prefixes:
            whole = " --recursive" if prefix.endswith("/") else ""
            yield f"aws s3 rm s3://{bucket}/{prefix}{whole}"
