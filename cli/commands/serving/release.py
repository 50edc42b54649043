"""`fleet release`: give a registered version traffic, and compare it with the champion."""

import time
from typing import Annotated, Any, Literal

import typer

from cli import completion
from cli.cloud import Cloud, Stage
from cli.commands.models.retrain import show_execution
from cli.commands.options import JsonOption, ModelArgument, StageOption, identifier, visible_line
from cli.output.console import answer, answer_json, answer_json_line, answer_table
from cli.output.errors import FleetError
from cli.output.user import user
from cli.release.arms import MEASURES, arm_column, measure_arms, standing_line
from cli.release.function import ask_release_function, call_release_function
from cli.release.history import require_pointer
from cli.release.preflight import require_releasable
from cli.training.retraining import start as start_execution
from modelfleet.catalogue import find
from modelfleet.registry.pointer import Mode, ReleasePointer
from modelfleet.release.approval import pending
from modelfleet.release.requests import DecisionRequest, ExperimentRequest, read_request
from modelfleet.resource_names import Output
from modelfleet.retraining.approval import Approval, ApprovalOutcome
from modelfleet.retraining.trial import ArmSummary, Standing

app = typer.Typer(help="Release versions and compare them.", no_args_is_help=True)

_WATCH_SECONDS = 2.0
WhyOption = Annotated[
    str, typer.Option("--why", help="Reason for the record.", callback=visible_line)
]


@app.command()
def start(
    model: ModelArgument,
    version: Annotated[
        str,
        typer.Argument(
            help="Registered version.",
            callback=identifier("version"),
            autocompletion=completion.versions,
        ),
    ],
    mode: Annotated[
        Mode,
        typer.Option(help="canary: judged steps up to 100%; others: run until rolled back."),
    ] = Mode.CANARY,
    share: Annotated[
        float, typer.Option(help="Share of the traffic, for ab; initial share for bandit.")
    ] = 0.5,
    wait: Annotated[bool, typer.Option("--wait", help="Follow a canary until it ends.")] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Give a registered version traffic.

    A canary is released in judged steps; the other modes run alongside the champion.

    Example: fleet release start bankchurn 7 --mode ab --share 0.5
    """
    find(model)
    cloud = Cloud.connect(stage)
    require_releasable(cloud, model, version)
    if mode is Mode.CANARY:
        request = read_request({"model": model, "version": version, "by": user()})
        show_execution(cloud, start_execution(cloud, request), model, wait=wait, as_json=as_json)
        return
    if not 0.0 < share < 1.0:
        raise FleetError(f"--share must be between 0 and 1, not {share:g}")
    by = user()
    call_release_function(
        cloud,
        ExperimentRequest(
            action="experiment", model=model, version=version, mode=mode, share=share, by=by
        ),
    )
    pointer = require_pointer(cloud, model)
    if as_json:
        answer_json(_described(pointer, [], None))
    else:
        answer(_line(pointer), f"end it with `fleet rollback {model}`")


@app.command()
def status(
    model: ModelArgument,
    watch: Annotated[bool, typer.Option("--watch", help="Repeat until the release ends.")] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Compare champion and challenger during a trial.

    Example: fleet release status bankchurn --watch
    """
    find(model)
    cloud = Cloud.connect(stage)
    while True:
        released = require_pointer(cloud, model)
        arms, standing = measure_arms(cloud, released)
        if as_json:
            described = _described(released, arms, standing)
            answer_json_line(described) if watch else answer_json(described)
        else:
            answer(_line(released))
            names = ("champion", "challenger")[: len(arms)]
            rows = zip(MEASURES, *map(arm_column, arms), strict=True)
            answer_table(("", *names), list(rows))
            answer(standing_line(standing) if standing else "there is no challenger")
        if not watch or released.challenger is None:
            return
        time.sleep(_WATCH_SECONDS)


@app.command()
def approve(
    model: ModelArgument,
    why: WhyOption,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Approve a version that waits; its release starts.

    Example: fleet release approve bankchurn --why "card reviewed"
    """
    _decide(model, ApprovalOutcome.APPROVED, why, stage, as_json=as_json)


@app.command()
def reject(
    model: ModelArgument,
    why: WhyOption,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Reject a version that waits; the champion stays.

    Example: fleet release reject bankchurn --why "trained on a broken file"
    """
    _decide(model, ApprovalOutcome.REJECTED, why, stage, as_json=as_json)


def _decide(
    model: str,
    decision: Literal[ApprovalOutcome.APPROVED, ApprovalOutcome.REJECTED],
    why: str,
    stage: Stage,
    *,
    as_json: bool,
) -> None:
    find(model)
    cloud = Cloud.connect(stage)
    waiting = pending(cloud.store(Output.ARTIFACTS_BUCKET), model)
    if waiting is None or waiting.closed_at is not None:
        raise FleetError(f"{model}: no version waits for approval", code="nothing_waits")
    request = DecisionRequest(
        action="decide",
        model=model,
        version=waiting.version,
        execution=waiting.execution,
        decision=decision,
        by=user(),
        reason=why,
    )
    made = ask_release_function(cloud, request, Approval)
    if as_json:
        answer_json({"version": waiting.version, **made.model_dump(mode="json")})
    elif made.outcome is ApprovalOutcome.APPROVED:
        answer(
            f"{model} {waiting.version} is approved; follow its release with "
            f"`fleet release status {model} --watch`"
        )
    else:
        answer(f"{model} {waiting.version} is rejected; the champion stays")


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
