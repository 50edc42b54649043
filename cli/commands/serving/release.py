"""`fleet release`: give a registered version traffic, and see how it does."""

import time
from getpass import getuser
from typing import Annotated, Any

import typer

from cli.cloud import Cloud, Stage
from cli.commands.models.retrain import told
from cli.commands.options import JsonOption, ModelArgument, StageOption, name_of_a
from cli.output.console import answer, answer_json, answer_table
from cli.output.errors import FleetError
from cli.release import history as releases
from cli.training.retraining import start as start_execution
from modelfleet.domain.release import Mode, ReleasePointer
from modelfleet.domain.release_requests import ExperimentRequest, read_request
from modelfleet.domain.rollout import ArmSummary, Standing
from models.catalogue import find

app = typer.Typer(help="Give versions traffic, and see how they do.", no_args_is_help=True)

_WATCH_SECONDS = 2.0
_MEASURES = (
    "version",
    "requests",
    "errors",
    "predictions",
    "invalid",
    "p50 ms",
    "p95 ms",
    "mean score",
    "outcomes",
    "loss",
)


@app.command()
def start(
    model: ModelArgument,
    version: Annotated[
        str, typer.Argument(help="A registered version.", callback=name_of_a("version"))
    ],
    mode: Annotated[
        Mode,
        typer.Option(help="canary: to 100 % in judged steps; others: until ended."),
    ] = Mode.CANARY,
    share: Annotated[
        float, typer.Option(help="Of the traffic, for ab; for bandit, at first.")
    ] = 0.5,
    wait: Annotated[bool, typer.Option("--wait", help="Follow a canary to its end.")] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Release a registered version in judged steps, or let it run beside the champion.

    Example: fleet release start bankchurn 7 --mode ab --share 0.5
    """
    find(model)
    cloud = Cloud.connect(stage)
    if mode is Mode.CANARY:
        request = read_request({"model": model, "version": version, "by": getuser()})
        told(cloud, start_execution(cloud, request), model, wait=wait, as_json=as_json)
        return
    if not 0.0 < share < 1.0:
        raise FleetError(f"--share {share:g} is not between 0 and 1")
    by = getuser()
    releases.ask(
        cloud,
        ExperimentRequest(
            action="experiment", model=model, version=version, mode=mode, share=share, by=by
        ),
    )
    if as_json:
        answer_json(_described(releases.pointer(cloud, model), [], None))
    else:
        answer(_line(releases.pointer(cloud, model)), f"end it: fleet rollback {model}")


@app.command()
def status(
    model: ModelArgument,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again until it ends.")] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Show both arms of a release side by side, since the challenger has its share.

    Example: fleet release status bankchurn --watch
    """
    find(model)
    cloud = Cloud.connect(stage)
    while True:
        released = releases.pointer(cloud, model)
        arms, standing = releases.arms(cloud, released)
        if as_json:
            answer_json(_described(released, arms, standing))
        else:
            answer(_line(released))
            names = ("champion", "challenger")[: len(arms)]
            rows = zip(_MEASURES, *(_measures(arm) for arm in arms), strict=True)
            answer_table(("", *names), list(rows))
            answer(_standing(standing) if standing else "no version is on trial")
        if not watch or released.challenger is None:
            return
        time.sleep(_WATCH_SECONDS)


def _line(released: ReleasePointer) -> str:
    head = f"{released.model}: champion {released.champion}"
    if challenger := released.challenger:
        head += f", {challenger.mode} {challenger.version} at {challenger.share:.0%}"
    return f"{head} ({released.written_by}, {released.written_at:%Y-%m-%d %H:%M:%S} UTC)"


def _described(
    released: ReleasePointer, arms: list[ArmSummary], standing: Standing | None
) -> dict[str, Any]:
    return {
        "pointer": released.model_dump(mode="json"),
        "arms": [arm.model_dump(mode="json") for arm in arms],
        "standing": standing.model_dump(mode="json") if standing else None,
    }


def _measures(arm: ArmSummary) -> tuple[str, ...]:
    measured = (arm.latency_p50_ms, arm.latency_p95_ms, arm.mean_score)
    p50, p95, score = ("-" if value is None else f"{value:.4g}" for value in measured)
    loss = "-" if arm.mean_loss is None else f"{arm.mean_loss:.4g}"
    if arm.loss_interval:
        low, high = arm.loss_interval
        loss += f" ({low:.4g} to {high:.4g})"
    counts = (arm.requests, arm.errors, arm.predictions, arm.invalid)
    return (arm.version, *map(str, counts), p50, p95, score, str(arm.outcomes), loss)


def _standing(standing: Standing) -> str:
    leads = _who_leads(standing)
    if not standing.scored_by_both:
        return leads
    apart = standing.disagreements / standing.scored_by_both
    return f"they disagree on {apart:.1%} of {standing.scored_by_both} rows; {leads}"


def _who_leads(standing: Standing) -> str:
    if standing.probability_better is None or standing.outcomes_needed is None:
        return "too few outcomes were reported to say which is better"
    return (
        f"the challenger is better with a probability of {standing.probability_better:.1%}; "
        f"each arm needs {standing.outcomes_needed} outcomes in all"
    )
