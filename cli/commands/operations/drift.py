"""`fleet drift`: check whether a model's predictions have drifted."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.drift.runs import run_drift, start_run
from cli.durations import duration_hours
from cli.output.console import answer, answer_json, step
from cli.output.errors import keeps_running
from modelfleet.catalogue import find
from modelfleet.drift.requests import DriftOutcome, DriftRequest


def drift(
    model: ModelArgument,
    window: Annotated[
        str, typer.Option("--window", help="Length of the window: 90m, 24h, 7d.")
    ] = "24h",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the result.")] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Check a model for drift now, as its daily schedule does.

    Compares recent predictions with the training rows, and reported outcomes with the performance
    on held-out rows. A detection has consequences: an alert is sent, and after several in a row, as
    set in the model's policy, the model is retrained.

    Example: fleet drift bankchurn --window 24h --wait
    """
    find(model)
    # The end is fixed, so that retries by Lambda or the SDK use the same window. It is rounded up
    # to a whole second, so that the window includes all predictions made so far.
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    hours = duration_hours("--window", window)
    request = DriftRequest(model=model, window_hours=hours, window_end=end)
    cloud = Cloud.connect(stage)
    if not wait:
        start_run(cloud, request)
        if as_json:
            answer_json({"started": True, **request.model_dump(mode="json")})
            return
        answer(
            f"started; see the result with `fleet report {model}` or `fleet alerts list {model}`"
        )
        return
    left = (
        f"stopped waiting; the drift run of {model} continues\nsee its result with "
        f"`fleet report {model}`"
    )
    with keeps_running(left), step(f"compare the last {window} of {model} with its training data"):
        outcome = run_drift(cloud, request)
    if as_json:
        answer_json(outcome.model_dump(mode="json"))
        return
    for line in _lines(outcome):
        answer(line)


def _lines(outcome: DriftOutcome) -> list[str]:
    if outcome.version is None:
        return [f"{outcome.model}: {outcome.reason}"]
    head = f"{outcome.model} {outcome.version}, {outcome.current_rows:,} predictions"
    lines = [f"{head}: {outcome.status} ({outcome.reason})"]
    lines += [f"  {reason}" for reason in outcome.reasons]
    lines += [f"  {held}" for held in outcome.held_back]
    lines.append(f"decision: {outcome.action}")
    lines.append(f"see the report with `fleet report {outcome.model} --open`")
    return lines
