"""`fleet jobs`: executions that are running or have ended, and how to stop one."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli import completion
from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, StageOption, identifier
from cli.jobs import Job, JobKind, list_jobs, stop_job
from cli.output.console import answer, answer_json, answer_table
from cli.output.user import user

_LAST = 10
_COLUMNS = ("job", "kind", "model", "status", "started", "age")


class _ListByDefault(TyperGroup):
    """Lists the jobs if no command is given: `fleet jobs`, `fleet jobs --json`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the command."""
        helps = {*ctx.help_option_names}
        if not args or (args[0].startswith("-") and args[0] not in helps):
            args = ["list", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ListByDefault,
    help=(
        "List retrainings and batch jobs, and stop them.\n\n"
        "Example: fleet jobs, or: fleet jobs stop 20261130T093000-4f1d2c"
    ),
)


@app.command("list")
def list_all(
    last: Annotated[
        int, typer.Option(min=1, max=100, help="Number of jobs of each kind to list.")
    ] = _LAST,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """List the latest jobs, newest first.

    Example: fleet jobs list --last 20
    """
    found, now = list_jobs(Cloud.connect(stage), last), datetime.now(UTC)
    if as_json:
        answer_json({"jobs": [_document(job) for job in found]})
    elif found:
        answer_table(_COLUMNS, [_row(job, now) for job in found])
    else:
        answer("no job has been started")


@app.command()
def stop(
    job: Annotated[
        str,
        typer.Argument(
            help="ID of a running job.",
            callback=identifier("job"),
            autocompletion=completion.job_ids,
        ),
    ],
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Stop a running job.

    Shortly after a retraining or release is stopped, the change that it made to the traffic is
    undone; registered versions are kept. A stopped batch job can be resumed.

    Example: fleet jobs stop 20261130T093000-4f1d2c
    """
    stopped = stop_job(Cloud.connect(stage), job, user())
    if as_json:
        answer_json({"stopped": _document(stopped)})
        return
    answer(f"stopped the {stopped.kind} {stopped.id} of {stopped.model}")
    if stopped.kind is JobKind.BATCH:
        answer(f"resume it with `fleet batch {stopped.model} --resume {stopped.id} --out FILE`")


def _row(job: Job, now: datetime) -> tuple[str, ...]:
    started = f"{job.started_at:%Y-%m-%d %H:%M} UTC"
    status = job.status.lower().replace("_", " ")
    return job.id, job.kind, job.model, status, started, _age(now - job.started_at)


def _age(passed: timedelta) -> str:
    minutes = max(int(passed.total_seconds()) // 60, 0)
    hours, days = minutes // 60, minutes // (60 * 24)
    return f"{days} d" if days else f"{hours} h" if hours else f"{minutes} min"


def _document(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "model": job.model,
        "status": job.status,
        "started_at": job.started_at.isoformat(),
        "execution": job.arn,
    }
