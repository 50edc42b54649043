"""`fleet drill`: back up the local database, and prove that a stage can be restored."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, StageOption
from cli.drill.aurora import AuroraBackups
from cli.drill.database_backups import DatabaseBackups
from cli.drill.local_database import LocalBackups
from cli.drill.restore import RECOVERY_POINT, RECOVERY_TIME, DrillReport
from cli.drill.restore import restore as run_drill
from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.liveness import require_answering
from cli.output.console import answer, answer_json, answer_table
from cli.output.errors import FleetError, error_document
from modelfleet.resource_names import Output, StackPart, stack_name

app = typer.Typer(no_args_is_help=True, help="Rehearse restoring a stage from its backups.")

_CLUSTER = "AWS::RDS::DBCluster"
_NAME_LENGTH = 63


@app.command()
def backup(as_json: JsonOption = False) -> None:
    """Back up the local cloud's database.

    In AWS, backups are automatic. Buckets need no backup because they keep every version of every
    object.

    Example: fleet drill backup
    """
    file = _local().back_up(datetime.now(UTC))
    if as_json:
        answer_json({"file": str(file)})
    else:
        answer(f"backed up the database to {file}")


@app.command()
def restore(
    stage: StageOption = Stage.LOCAL,
    bring_back: Annotated[
        bool,
        typer.Option("--bring-back", help="Also restore the live stage (local only)."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Restore a stage from its backups, next to the live one.

    Checks that every champion serves from the restored database and bucket, then deletes them. The
    live stage is not changed, except with --bring-back.

    Example: fleet drill restore --stage prod
    """
    cloud = Cloud.connect(stage)
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    copy = f"{cloud.output(Output.ARTIFACTS_BUCKET)[: _NAME_LENGTH - 16]}-{stamp}"
    backups, restore_live = _backups(cloud, stamp), None
    if bring_back:
        if not isinstance(backups, LocalBackups):
            raise FleetError(
                f"--bring-back cannot restore stage {stage}; follow docs/runbooks/restore.md"
            )
        restore_live = backups.restore_live
    report = run_drill(cloud, backups, copy=copy, restore_live=restore_live)
    fault = "the restore succeeded but missed an objective; see above"
    _show(report, None if report.objectives_met else fault, as_json=as_json)
    if not report.objectives_met:
        raise FleetError(fault, answered=as_json)


def _backups(cloud: Cloud, stamp: str) -> DatabaseBackups:
    if cloud.stage is Stage.LOCAL:
        return _local()
    name = stack_name(cloud.stage, StackPart.STORAGE)
    pages = cloud.client("cloudformation").get_paginator("list_stack_resources")
    found = [
        each["PhysicalResourceId"]
        for page in pages.paginate(StackName=name)
        for each in page["StackResourceSummaries"]
        if each["ResourceType"] == _CLUSTER
    ]
    if not found:
        raise FleetError(f"stack {name} has no database cluster")
    return AuroraBackups(cloud, found[0], f"{name}-drill-{stamp}")


def _local() -> LocalBackups:
    layout = Layout()
    record = require_answering(layout)
    return LocalBackups(layout.backups, record.tracking_uri)


def _show(report: DrillReport, fault: str | None, *, as_json: bool) -> None:
    if as_json:
        answer_json(_document(report) | (error_document("failed", fault) if fault else {}))
        return
    answer_table(
        ("model", "champion", "held-out rows with identical predictions"),
        [(each.model, each.champion, str(each.rows)) for each in report.models],
    )
    rows: list[tuple[str, ...]] = [
        ("data loss (RPO)", str(report.lost), str(RECOVERY_POINT)),
        ("recovery time (RTO)", str(report.recovery_time), str(RECOVERY_TIME)),
    ]
    rows += [(f"… {part}", f"{seconds:.1f} s", "") for part, seconds in report.seconds.items()]
    answer_table(("objective", "measured", "limit"), rows)
    if report.brought_back is not None:
        answer(f"restored the live database and {report.brought_back} objects")


def _document(report: DrillReport) -> dict[str, Any]:
    return {
        "stage": report.stage,
        "restored_to": report.restored_to.isoformat(),
        "objects": report.objects,
        "models": {m.model: {"champion": m.champion, "rows": m.rows} for m in report.models},
        "rpo_seconds": report.lost.total_seconds(),
        "rpo_limit_seconds": RECOVERY_POINT.total_seconds(),
        "rto_seconds": report.recovery_time.total_seconds(),
        "rto_limit_seconds": RECOVERY_TIME.total_seconds(),
        "seconds": report.seconds,
        "brought_back": report.brought_back,
        "holds": report.objectives_met,
    }
