"""`fleet forget`: delete what is kept of an entity."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption, visible_line
from cli.output.console import answer, answer_json, answer_table, step
from cli.output.errors import FleetError
from cli.output.user import user
from modelfleet.catalogue import find
from modelfleet.console.access.audit import AuditLog, Origin
from modelfleet.console.access.role import Person, Role
from modelfleet.outcomes.entities import EntityHashes, entity_of
from modelfleet.resource_names import Output

_COLUMNS = ("remains in", "rows", "what", "until")


def forget(
    model: ModelArgument,
    entity: Annotated[
        str, typer.Option("--entity", help="Your own ID, as sent in x-entity-id or entity_id.")
    ],
    reason: Annotated[
        str, typer.Option("--reason", help="Why, for the audit record.", callback=visible_line)
    ] = "request of the person",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Delete what is stored of an entity, and report what remains.

    Also deletes them from old versions of objects. Running it again is safe: it deletes what an
    interrupted run has left, and otherwise nothing. Predictions made before the last two rotations
    of the signing secret are not found.

    Example: fleet forget bankchurn --entity 15634602
    """
    # These load pyarrow.
    from cli.outcomes.remains import elsewhere, rows_in_datasets  # noqa: PLC0415  # as above
    from cli.outcomes.versioned_bucket import S3Versions  # noqa: PLC0415  # as above
    from modelfleet.outcomes.forget import forget as forget_entity  # noqa: PLC0415  # as above

    name = find(model).name
    known = entity_of(entity)
    if known is None:
        raise FleetError("--entity is blank; give the ID that was sent with the predictions")
    if not yes:
        _require_consent(name, stage)
    cloud = Cloud.connect(stage)
    hashes = EntityHashes(name, cloud.signing_keys()).known(known)
    _audit(cloud, name, hashes[0], reason)
    with step(f"delete captures and outcomes of the entity from {name}"):
        bucket = S3Versions(cloud.client("s3"), cloud.output(Output.LAKE_BUCKET))
        gone = forget_entity(bucket, name, hashes)
    lake = cloud.store(Output.LAKE_BUCKET)
    left = [*rows_in_datasets(lake, name, gone.prediction_ids), *elsewhere()]
    counts = {"predictions": gone.predictions, "outcomes": gone.outcomes, "objects": gone.versions}
    if as_json:
        answer_json({"model": name, **counts, "remaining": [each._asdict() for each in left]})
        return
    answer(
        f"{name}: deleted {gone.predictions:,} captures and {gone.outcomes:,} outcomes from "
        f"{gone.versions:,} versions of objects"
    )
    answer_table(
        _COLUMNS,
        [
            (
                each.place,
                "unknown" if each.rows is None else f"{each.rows:,}",
                each.what,
                each.until,
            )
            for each in left
        ],
    )


def _require_consent(model: str, stage: Stage) -> None:
    if not sys.stdin.isatty():
        raise FleetError("nothing was deleted; confirm with --yes")
    question = f"Delete the entity's captures and outcomes of {model} in stage {stage} for good?"
    if not typer.confirm(question, err=True):
        raise FleetError("nothing was deleted")


def _audit(cloud: Cloud, model: str, hashed: str, reason: str) -> None:
    """Record who deletes what, before it is deleted; the entity is named by its hash."""
    log = AuditLog(cloud.store(Output.ARTIFACTS_BUCKET), lambda: datetime.now(UTC))
    person = Person(user(), Role.ADMIN)
    origin = Origin(address="", request_id="fleet forget")
    log.write(person, "forget", origin, subject=f"{model} {hashed}", reason=reason)
