"""`fleet retrain`: an execution of the retraining machine."""

from getpass import getuser
from typing import Annotated, Any

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption, TuneOption
from cli.output.console import answer, answer_json, say, step
from cli.release import history as releases
from cli.training.retraining import Execution, follow, force_hint, look, require_success, start
from modelfleet.domain.messages import RetrainingRequest
from models.catalogue import find

_ON_TRIAL = frozenset({"WaitForTraffic", "Judge"})


def retrain(
    model: ModelArgument,
    force: Annotated[
        bool,
        typer.Option("--force", help="Release it whatever its comparison with the champion says."),
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end.")] = False,
    tune: TuneOption = 0,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Train, evaluate, gate and release a model on its newest data set version.

    A candidate that is no better than what serves by more than chance is registered and kept back;
    one that misses a limit, or may be too much worse, is blocked. The reasons are told.
    Where this code has trained on that version already, nothing is done without --force or --tune.

    Example: fleet retrain bankchurn --wait, or: fleet retrain bankchurn --tune 40 --wait
    """
    find(model)
    cloud = Cloud.connect(stage)
    arn = start(cloud, RetrainingRequest(model=model, force=force, tune=tune, by=getuser()))
    told(cloud, arn, model, wait=wait, as_json=as_json)


def told(cloud: Cloud, arn: str, model: str, *, wait: bool, as_json: bool) -> None:
    """Say what an execution does, or follow it and say how it ended.

    Raises
    ------
    FleetError
        If it is followed and fails.
    """
    execution = _followed(cloud, arn, model) if wait else look(cloud, arn, model)
    if as_json:
        answer_json(_described(execution))
        return
    if not wait:
        answer(f"started {arn}")
        return
    for line in _verdict(execution):
        answer(line)


def _followed(cloud: Cloud, arn: str, model: str) -> Execution:
    with step(f"retrain {model}"):
        for execution in follow(cloud, arn, model):
            say(f"    {_progress(cloud, execution)}", style="dim")
    return require_success(execution)


def _progress(cloud: Cloud, execution: Execution) -> str:
    if not execution.running:
        return execution.status
    if execution.state not in _ON_TRIAL:
        return execution.state
    challenger = releases.pointer(cloud, execution.model).challenger
    return f"{execution.state} ({challenger.share:.0%})" if challenger else execution.state


def _verdict(execution: Execution) -> list[str]:
    ended = [
        (execution.output.get("locked") or {}).get("reason"),
        (execution.output.get("prepared") or {}).get("unchanged"),
    ]
    if said := [f"nothing was done: {reason}" for reason in ended if reason]:
        return said
    evaluated = execution.output.get("evaluated") or {}
    verdict = evaluated.get("verdict", {})
    lines = [f"{verdict.get('decision')}: {reason}" for reason in verdict.get("reasons", [])]
    rollout = execution.output.get("rollout") or {}
    lines += [f"released: {reason}" for reason in rollout.get("reasons", [])]
    if execution.champion:
        lines.append(f"{execution.model} {execution.champion} serves")
    if execution.kept:
        lines.append(f"{execution.model} {execution.kept} is registered; what served still does")
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
