"""`fleet drift`: has what a model is asked changed since it was trained?"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.drift import runs as watching
from cli.output.console import answer, answer_json, step
from modelfleet.domain.watch_requests import WatchOutcome, WatchRequest
from models.catalogue import find


def drift(
    model: ModelArgument,
    window: Annotated[
        str, typer.Option("--window", help="How far to look back: 90m, 24h, 7d.")
    ] = "24h",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for what comes of it.")] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Watch a model now, as the schedule does every day.

    Its newest predictions are compared with the rows that it was trained on, and reported outcomes
    with what it reached on held-out rows. A run that finds something counts: people are told, and
    after as many in a row as the model's policy says it is retrained.

    Example: fleet drift bankchurn --window 24h --wait
    """
    find(model)
    # Its end is fixed: whoever tries again, Lambda or the SDK, asks for the same window. It ends
    # with a whole second, the one that is not over yet, so that all that was predicted is in it.
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    request = WatchRequest(model=model, window_hours=watching.hours(window), window_end=end)
    cloud = Cloud.connect(stage)
    if not wait:
        watching.start(cloud, request)
        if as_json:
            answer_json({"started": True, **request.model_dump(mode="json")})
            return
        answer(f"started; what comes of it: fleet report {model}, fleet alerts list {model}")
        return
    with step(f"compare the last {window} of {model} with its training"):
        outcome = watching.run(cloud, request)
    if as_json:
        answer_json(outcome.model_dump(mode="json"))
        return
    for line in _lines(outcome):
        answer(line)


def _lines(outcome: WatchOutcome) -> list[str]:
    if outcome.version is None:
        return [f"{outcome.model}: {outcome.reason}"]
    told = f"{outcome.model} {outcome.version}, {outcome.current_rows:,} predictions"
    lines = [f"{told}: {outcome.status} ({outcome.reason})"]
    lines += [f"  {reason}" for reason in outcome.reasons]
    lines += [f"  {held}" for held in outcome.held_back]
    lines.append(f"decision: {outcome.action}")
    lines.append(f"look at it: fleet report {outcome.model} --open")
    return lines
