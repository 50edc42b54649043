"""`fleet retrain`: an execution of the retraining state machine."""

from typing import Annotated, Any

import typer

from cli import completion
from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption, TuneOption
from cli.jobs import JobKind, find_job
from cli.output.console import answer, answer_json, say, step
from cli.output.errors import FleetError, keeps_running
from cli.output.user import user
from cli.release.history import require_pointer
from cli.release.preflight import require_no_experiment
from cli.training.retraining import (
    Execution,
    describe,
    follow,
    force_hint,
    require_resumable,
    require_success,
    start,
)
from modelfleet.catalogue import find
from modelfleet.release.requests import read_request
from modelfleet.retraining.state import RetrainingRequest

_ON_TRIAL = frozenset({"WaitForTraffic", "CheckTrial"})


def retrain(
    model: ModelArgument,
    force: Annotated[
        bool,
        typer.Option("--force", help="Release even if not significantly better than the champion."),
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it until it ends.")] = False,
    tune: TuneOption = 0,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="EXECUTION",
            help="Failed retraining whose finished steps are kept.",
            autocompletion=completion.job_ids,
        ),
    ] = None,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Train, evaluate, gate, and release a model.

    Uses the newest data set version, with the outcomes reported since. A candidate that is not
    significantly better than the champion is registered but not released. One that misses a limit
    or may be too much worse is blocked. The output states the reasons. Without new rows or outcomes
    since the same code was trained, nothing happens without --force or --tune.

    --resume continues a retraining that failed, on the rows that it prepared, at the step that
    failed. What was trained is not trained again, and a version that was approved stays approved.

    Example: fleet retrain bankchurn --wait, or: fleet retrain bankchurn --tune 40 --wait
    """
    find(model)
    cloud = Cloud.connect(stage)
    require_no_experiment(cloud, model)
    asked = {"model": model, "force": force, "tune": tune, "by": user()}
    # An execution is also named by its ARN, which ends with its name.
    request = read_request(asked | {"resume": resume and resume.rpartition(":")[2]})
    if request.resume is not None:
        _require_resumable(cloud, request)
    arn = start(cloud, request)
    show_execution(cloud, arn, model, wait=wait, as_json=as_json)


def _require_resumable(cloud: Cloud, request: RetrainingRequest) -> None:
    job = find_job(cloud, str(request.resume))
    if job.kind is not JobKind.RETRAINING:
        raise FleetError(
            f"{job.id} is a batch job; to run it again, repeat `fleet batch`", code="unknown_job"
        )
    require_resumable(cloud, request, job.arn, job.status)


def show_execution(cloud: Cloud, arn: str, model: str, *, wait: bool, as_json: bool) -> None:
    """Print an execution's state, or follow it and print its result.

    Raises
    ------
    FleetError
        If the followed execution fails.
    """
    execution = _followed(cloud, arn, model) if wait else describe(cloud, arn, model)
    if as_json:
        answer_json(_described(execution))
        return
    if not wait:
        answer(f"started {arn}")
        return
    for line in _result(execution):
        answer(line)


def _followed(cloud: Cloud, arn: str, model: str) -> Execution:
    name = arn.rpartition(":")[2]
    say(f"started {name}", style="dim")
    left = (
        f"stopped waiting; the retraining of {model} keeps running\n"
        f"see it with `fleet jobs`, or stop it with `fleet jobs stop {name}`"
    )
    with keeps_running(left), step(f"retrain {model}") as running:
        for execution in follow(cloud, arn, model):
            if execution.detail:
                running.show(execution.detail)
            else:
                say(f"    {_progress(cloud, execution)}", style="dim")
        return require_success(execution)


def _progress(cloud: Cloud, execution: Execution) -> str:
    if not execution.running:
        return execution.status
    if execution.state not in _ON_TRIAL:
        return execution.state
    challenger = require_pointer(cloud, execution.model).challenger
    return f"{execution.state} ({challenger.share:.0%})" if challenger else execution.state


def _result(execution: Execution) -> list[str]:
    unchanged = [
        (execution.output.get("locked") or {}).get("reason"),
        (execution.output.get("prepared") or {}).get("unchanged"),
    ]
    if lines := [f"nothing was done: {reason}" for reason in unchanged if reason]:
        return lines
    evaluated = execution.output.get("evaluated") or {}
    verdict = evaluated.get("verdict", {})
    lines = [f"{verdict.get('decision')}: {reason}" for reason in verdict.get("reasons", [])]
    trial = execution.output.get("trial") or {}
    lines += [f"released: {reason}" for reason in trial.get("reasons", [])]
    if execution.champion:
        lines.append(f"{execution.model} {execution.champion} is serving")
    if execution.kept:
        lines.append(
            f"{execution.model} {execution.kept} is registered but not released; the champion "
            "keeps serving"
        )
        lines.append(force_hint(execution.model))
    return lines


def _described(execution: Execution) -> dict[str, Any]:
    return {
        "execution": execution.arn,
        "model": execution.model,
        "status": execution.status,
        "state": execution.state,
        "champion": execution.champion,
        "output": execution.output,
    }
