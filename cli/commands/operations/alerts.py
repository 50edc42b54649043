"""`fleet alerts`: list, acknowledge, and silence drift alerts."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import completion
from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption, visible_line
from cli.drift.reports import artifacts_bucket
from cli.output.console import answer, answer_entries, answer_json, warn
from cli.output.errors import FleetError
from cli.output.user import user
from modelfleet.catalogue import find, names
from modelfleet.drift import state_store
from modelfleet.drift.state import Alert, DriftState, Silence
from modelfleet.spec.errors import DriftStateError

app = typer.Typer(no_args_is_help=True, help="List, acknowledge, and silence drift alerts.")

_MINUTES = "%Y-%m-%d %H:%M"


@app.command("list")
def list_alerts(
    model: Annotated[
        str | None,
        typer.Argument(help="Model. Default: all models.", autocompletion=completion.model_names),
    ] = None,
    open_only: Annotated[
        bool, typer.Option("--open", help="Only alerts that the last run confirmed.")
    ] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """List alerts and silences, newest first.

    Example: fleet alerts list bankchurn
    """
    wanted = [find(model).name] if model else list(names())
    store = artifacts_bucket(Cloud.connect(stage))
    states = []
    for name in wanted:
        try:
            states.append(state_store.current(store, name))
        except DriftStateError as error:
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
        str | None, typer.Argument(help="ID of the alert. Default: the open one.")
    ] = None,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Acknowledge an alert.

    No more notifications are sent while it is open.

    Example: fleet alerts ack bankchurn
    """
    find(model)
    store = artifacts_bucket(Cloud.connect(stage))
    known = state_store.acknowledge(store, model, alert, user(), datetime.now(UTC))
    if as_json:
        answer_json({"model": model, "acknowledged": known})
        return
    answer(f"{model}: alert {known} is acknowledged")


@app.command()
def silence(
    model: ModelArgument,
    until: Annotated[
        str,
        typer.Option("--until", help="Date or time (UTC): 2026-12-24, 2026-12-24T18:00, or now."),
    ],
    reason: Annotated[str, typer.Option(help="Reason for the record.", callback=visible_line)] = "",
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Send no notifications about a model until a date.

    `--until now` ends the silence. Retraining continues, and alerts are still recorded.

    Example: fleet alerts silence bankchurn --until 2026-12-24 --reason "migration"
    """
    find(model)
    store = artifacts_bucket(Cloud.connect(stage))
    now = datetime.now(UTC)
    end = _time(until, now)
    wanted = Silence(until=end, by=user(), since=now, reason=reason)
    state_store.silence(store, model, wanted)
    if as_json:
        answer_json({"model": model, "silence": wanted.model_dump(mode="json")})
    elif end <= now:
        answer(f"{model}: the silence has ended")
    else:
        answer(f"{model}: silenced until {end:{_MINUTES}} UTC")


def _time(text: str, now: datetime) -> datetime:
    if text == "now":
        return now
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise FleetError(f"invalid --until {text}; use a date such as 2026-12-24") from None
    end = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    if end <= now:
        raise FleetError(f"--until {text} is in the past; end a silence with --until now")
    return end


def _heading(state: DriftState, alert: Alert) -> str:
    opened = f"{alert.opened_at:{_MINUTES}}"
    ended = alert.ended_at
    lasted = f"open since {opened} UTC" if ended is None else f"{opened} to {ended:{_MINUTES}} UTC"
    runs = f"{alert.runs} {'run' if alert.runs == 1 else 'runs'}"
    by = f", acknowledged by {alert.acknowledged_by}" if alert.acknowledged_by else ""
    return f"{state.model} {alert.id}  {lasted}, detected in {runs}, {alert.action}{by}"
