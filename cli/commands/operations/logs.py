"""`fleet logs`: print what a model's functions logged."""

import json
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from cli import completion
from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption, identifier
from cli.durations import duration_hours
from cli.jobs import Job, find_job
from cli.logs import OF_EXECUTION, Function, LogLine, Logs
from cli.output.console import answer, answer_json_line, say
from cli.output.errors import FleetError
from modelfleet.catalogue import find

_POLL_SECONDS = 2.0
# CloudWatch delivers an execution's last lines a little later than its end.
_LATE = timedelta(seconds=10)
# Shown elsewhere in the line, known from the command line, or of no use to people.
_HIDDEN = frozenset(
    {"level", "message", "timestamp", "location", "service", "model", "cold_start", "frames"}
)
_OF_EXECUTION = frozenset({"execution_id", "request_id"})
_INDENT = " " * 4


def logs(
    model: ModelArgument,
    function: Annotated[
        Function | None, typer.Option(help="Function whose log to print. [default: predict]")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="How far back to start: 30m, 2h, 7d. [default: 1h]", metavar="DURATION"),
    ] = None,
    execution: Annotated[
        str | None,
        typer.Option(
            help="Print the lines of one job of `fleet jobs`, from every function it used.",
            metavar="ID",
            callback=identifier("execution"),
            autocompletion=completion.job_ids,
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Print new lines until Ctrl-C.")
    ] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Print what a model's functions logged.

    Leaves out Lambda's own lines, values for metrics, and lines about other models.

    Example: fleet logs bankchurn --function train --since 2h
    """
    find(model)
    hours = duration_hours("--since", since or "1h")
    if execution is not None and (function or since):
        raise FleetError(
            "--execution prints all lines of the execution; omit --function and --since"
        )
    cloud = Cloud.connect(stage)
    # Ctrl-C is how following ends.
    with suppress(KeyboardInterrupt):
        if execution is None:
            start, used = datetime.now(UTC) - timedelta(hours=hours), function or Function.PREDICT
            _print_all(Logs(cloud, model, [used], start), None, follow=follow, as_json=as_json)
        else:
            _print_execution(cloud, model, execution, follow=follow, as_json=as_json)


def _print_execution(
    cloud: Cloud, model: str, execution: str, *, follow: bool, as_json: bool
) -> None:
    job = find_job(cloud, execution)
    if job.model != model:
        raise FleetError(
            f"{execution} is a {job.kind} of {job.model}, not of {model}; "
            f"see it with `fleet logs {job.model} --execution {execution}`"
        )
    found = Logs(cloud, model, OF_EXECUTION[job.kind], job.started_at, job.id)
    _print_all(found, (cloud, job), follow=follow, as_json=as_json)


def _print_all(source: Logs, job: tuple[Cloud, Job] | None, *, follow: bool, as_json: bool) -> None:
    """Print the lines so far; with `follow`, also new ones, until the job has ended."""
    count = 0
    while True:
        now = datetime.now(UTC)
        is_over = not follow or (job is not None and _has_ended(*job, now))
        lines = source.new_lines(now)
        count += len(lines)
        _print(lines, of_execution=job is not None, as_json=as_json)
        if is_over:
            break
        time.sleep(_POLL_SECONDS)
    if not count:
        say("nothing was logged in this time")


def _has_ended(cloud: Cloud, job: Job, now: datetime) -> bool:
    ended = find_job(cloud, job.id).ended_at
    return ended is not None and now - ended > _LATE


def _print(lines: Sequence[LogLine], *, of_execution: bool, as_json: bool) -> None:
    for line in lines:
        if as_json:
            at = int(line.at.timestamp() * 1000)
            answer_json_line({"timestamp": at, "function": line.function, "message": line.text})
        else:
            source = f"{line.function:<8} " if of_execution else ""
            # Further lines are indented to mark them as part of the event.
            first, *more = _readable(line, _HIDDEN | _OF_EXECUTION if of_execution else _HIDDEN)
            answer(f"{line.at:%Y-%m-%d %H:%M:%S} {source}{first}")
            answer(*(f"{_INDENT}{part}" for part in more))


def _readable(line: LogLine, hidden: Collection[str]) -> list[str]:
    """A JSON line as its level, message, and other values; the stack of an error below them."""
    if "message" not in line.values:
        return line.text.split("\n")
    values = [f"{name}={_text(value)}" for name, value in line.values.items() if name not in hidden]
    head = [str(line.values.get("level", "INFO")), str(line.values["message"]), *values]
    frames = line.values.get("frames")
    return [" ".join(head), *map(str, frames if isinstance(frames, list) else ())]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
