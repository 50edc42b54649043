"""`fleet alerts`: what watching found, who knows of it, and who wants to hear nothing."""

from datetime import UTC, datetime
from getpass import getuser
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.drift import runs as watching
from cli.output.console import answer, answer_entries, answer_json, warn
from cli.output.errors import FleetError
from modelfleet.domain.errors import WatchingError
from modelfleet.domain.watching import Alert, Silence, WatchState
from modelfleet.pipelines import watch_state
from models.catalogue import find, names

app = typer.Typer(no_args_is_help=True, help="See, acknowledge and silence what watching found.")

_MINUTES = "%Y-%m-%d %H:%M"


@app.command("list")
def list_alerts(
    model: Annotated[str | None, typer.Argument(help="Of this model; of all if none.")] = None,
    open_only: Annotated[
        bool, typer.Option("--open", help="Those that the last run still came upon.")
    ] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """List alerts, the newest first, with who has acknowledged and silenced them.

    Example: fleet alerts list bankchurn
    """
    wanted = [find(model).name] if model else list(names())
    store = watching.artifacts(Cloud.connect(stage))
    states = []
    for name in wanted:
        try:
            states.append(watch_state.current(store, name))
        except WatchingError as error:
            if model is not None:
                raise
            warn(str(error))
    if as_json:
        answer_json([state.model_dump(mode="json") for state in states])
        return
    found = [
        (_heading(state, alert), alert.reasons)
        for state in states
        for alert in state.alerts
        if alert.is_open or not open_only
    ]
    if found:
        answer_entries(found)
    else:
        answer("no alerts")
    for state in states:
        if state.silence is not None and state.silence.until > datetime.now(UTC):
            until = f"{state.silence.until:{_MINUTES}}"
            answer(f"{state.model} is silenced until {until} UTC by {state.silence.by}")


@app.command()
def ack(
    model: ModelArgument,
    alert: Annotated[
        str | None, typer.Argument(help="Which one; the open one if none is named.")
    ] = None,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Say that you know of an alert: it is not told again while it lasts.

    Example: fleet alerts ack bankchurn
    """
    find(model)
    store = watching.artifacts(Cloud.connect(stage))
    known = watch_state.acknowledge(store, model, alert, getuser(), datetime.now(UTC))
    if as_json:
        answer_json({"model": model, "acknowledged": known})
        return
    answer(f"{model}: alert {known} is acknowledged")


@app.command()
def silence(
    model: ModelArgument,
    until: Annotated[
        str,
        typer.Option("--until", help="A date or time of UTC: 2026-12-24, 2026-12-24T18:00; now."),
    ],
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Tell nobody of a model's alerts until a date; `--until now` ends the silence.

    Retraining goes on, and what is found is on record.

    Example: fleet alerts silence bankchurn --until 2026-12-24 --reason "migration"
    """
    find(model)
    store = watching.artifacts(Cloud.connect(stage))
    now = datetime.now(UTC)
    end = _time(until, now)
    wanted = Silence(until=end, by=getuser(), since=now, reason=reason)
    watch_state.silence(store, model, wanted)
    if as_json:
        answer_json({"model": model, "silence": wanted.model_dump(mode="json")})
    elif end <= now:
        answer(f"{model}: people are told again")
    else:
        answer(f"{model}: nobody is told until {end:{_MINUTES}} UTC")


def _time(text: str, now: datetime) -> datetime:
    if text == "now":
        return now
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise FleetError(f"--until {text}: give a date such as 2026-12-24") from None
    end = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    if end <= now:
        raise FleetError(f"--until {text} has passed; to end a silence: --until now")
    return end


def _heading(state: WatchState, alert: Alert) -> str:
    opened = f"{alert.opened_at:{_MINUTES}}"
    ended = alert.ended_at
    lasted = f"open since {opened} UTC" if ended is None else f"{opened} to {ended:{_MINUTES}} UTC"
    runs = f"{alert.runs} {'run' if alert.runs == 1 else 'runs'}"
    by = f", {alert.acknowledged_by} knows" if alert.acknowledged_by else ""
    return f"{state.model} {alert.id}  {lasted}, found in {runs}, {alert.action}{by}"
