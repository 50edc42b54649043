"""`make demo-drift`: the whole loop on the running local cloud, each step shown and checked."""

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.cloud import Cloud, Stage
from cli.drift import runs as watching
from cli.output.console import answer, say
from cli.output.errors import FleetError
from cli.training.retraining import follow, require_success, started
from modelfleet.domain.deployment import drift_function
from modelfleet.domain.drift import DriftStatus
from modelfleet.domain.errors import ModelfleetError
from modelfleet.domain.messages import Trigger
from modelfleet.domain.watch_requests import WatchOutcome, WatchRequest
from modelfleet.domain.watching import WatchAction
from models.catalogue import find

MODEL = "bankchurn"
QUIET = 600
MOVED = 2_000
# Everybody is shown the same callers; docs/drift.md says how often it is found with others.
SEED = 1
# Callers are twenty years older, and leave as people twelve years younger used to. Age alone would
# be found too, and the gate would keep the champion, which knows people of that age. What such
# callers report contradicts few of the loaded rows: where it contradicts many, a person decides.
MOVE = ("--shift", "Age=+20", "--concept", "Age=-12")
_EVENT_SECONDS = 120.0
_FOLLOW_SECONDS = 120.0
_POLL_SECONDS = 1.0
_SOON_SECONDS = 3.0


class _MissingStepError(FleetError):
    """Something did not happen that the loop is made of."""


def main() -> None:
    """Show the loop; what does not happen ends it with one clear line and exit code 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quiet", type=int, default=QUIET, help="requests as usual")
    parser.add_argument("--moved", type=int, default=MOVED, help="requests of others, with outcome")
    parser.add_argument("--seed", type=int, default=SEED, help="another one draws other callers")
    asked = parser.parse_args()
    try:
        show(Cloud.connect(Stage.LOCAL), asked.quiet, asked.moved, asked.seed)
    except (FleetError, ModelfleetError) as error:
        say(f"the loop did not close: {error}", style="red")
        say("where it was shown before, its callers are known: make clean, make up, and again")
        sys.exit(1)


def show(cloud: Cloud, quiet: int, moved: int, seed: int) -> None:
    """Run the loop.

    Raises
    ------
    FleetError
        If a step does not happen.
    """
    before = _champion()
    _headline("1. Callers as usual: nothing is found, and nothing is done")
    _quiet(cloud, quiet, seed)
    _headline("2. Others call, and report what became of them")
    since = _traffic(moved, seed + 1, *MOVE, "--feedback")
    _headline("3. It is found; after enough runs in a row the event of the decision retrains")
    arn = _found(cloud, since)
    _headline("4. The retraining joins what callers reported, and the gate judges on them")
    _followed(cloud, arn, before)
    _headline("5. The new version answers")
    _answers(_champion())


def _quiet(cloud: Cloud, requests: int, seed: int) -> None:
    known = started(cloud, MODEL)
    found = _watched(cloud, _traffic(requests, seed))
    _require(found.status is DriftStatus.NO_DRIFT, f"without a shift it found: {found.reason}")
    _require(found.action is WatchAction.NONE, f"without a shift it decided to {found.action}")
    _require(not started(cloud, MODEL, known), "without a shift a retraining was started")


def _traffic(requests: int, seed: int, *options: str) -> datetime:
    """Send it, wait until all of it is in the lake, and answer when it began."""
    since = datetime.now(UTC)
    size = ("--requests", str(requests), "--batch-size", "50", "--seed", str(seed))
    sent = _fleet("simulate", MODEL, *size, *options, "--wait")
    answer(f"{sent['predicted']} predictions, mean score {sent['mean_score']:.3f}")
    if "--feedback" in options:
        answer(f"{sent['feedback']} outcomes reported")
    return since


def _request(since: datetime) -> WatchRequest:
    """All predictions since then. The end names the run, by the second, so no two share it."""
    time.sleep(_POLL_SECONDS)
    now = datetime.now(UTC) + timedelta(seconds=1)
    return WatchRequest(
        model=MODEL, window_hours=(now - since) / timedelta(hours=1), window_end=now
    )


def _watched(cloud: Cloud, since: datetime) -> WatchOutcome:
    request = _request(since)
    say(f"$ fleet drift {MODEL} --wait, for what came since {since:%H:%M:%S} UTC", style="dim")
    found = watching.run(cloud, request)
    answer(f"{found.status} on {found.current_rows:,} predictions; decision: {found.action}")
    for line in (*found.reasons, *found.held_back):
        answer(f"  {line}")
    return found


def _found(cloud: Cloud, since: datetime) -> str:
    """Watch as often as it takes, the last time by the clock; answer what the event started."""
    known = started(cloud, MODEL)
    for _ in range(find(MODEL).watch.retrain_after - 1):
        found = _watched(cloud, since)
        _require(found.status is DriftStatus.DRIFT, f"the shift was not found: {found.reason}")
        _require(found.action is not WatchAction.RETRAIN, "it was retrained too soon")
    _by_the_clock(cloud, since)
    return _event_started(cloud, known)


def _by_the_clock(cloud: Cloud, since: datetime) -> None:
    """Let the model's own schedule fire now: a copy of it with another time and this window."""
    client = cloud.client("scheduler")
    daily = client.get_schedule(Name=drift_function(cloud.stage, MODEL))
    at = datetime.now(UTC) + timedelta(seconds=_SOON_SECONDS)
    request = _request(since).model_dump_json(exclude_none=True)
    client.create_schedule(
        Name=f"{daily['Name']}-once",
        ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=daily["Target"] | {"Input": request},
        ActionAfterCompletion="DELETE",
    )
    answer(f"the schedule fires at {at:%H:%M:%S} UTC")


def _event_started(cloud: Cloud, known: list[str]) -> str:
    deadline = time.monotonic() + _EVENT_SECONDS
    while not (fresh := started(cloud, MODEL, known)):
        _require(time.monotonic() < deadline, "the event started no retraining")
        time.sleep(_POLL_SECONDS)
    answer(f"found again, and the event started {fresh[0]}")
    return fresh[0]


def _followed(cloud: Cloud, arn: str, before: str) -> None:
    for execution in follow(cloud, arn, MODEL):
        say(f"    {execution.state}", style="dim")
    output = require_success(execution).output
    asked_by = output.get("trigger")
    told = (Trigger.DRIFT, Trigger.PERFORMANCE)
    _require(asked_by in told, f"it was not a monitor that started it, but {asked_by}")
    evaluated = output.get("evaluated") or {}
    for reason in evaluated.get("verdict", {}).get("reasons", ()):
        answer(reason)
    comparison = evaluated.get("comparison") or {}
    _require(bool(comparison.get("rows_of")), "it was not judged on callers")
    _require(comparison["primary"]["lower"] > 0.0, "the new version is not better for callers")
    _require(execution.champion is not None, "the gate kept the new version back")
    _require(execution.champion != before, "the version of before serves")
    answer(f"released: version {execution.champion} in place of {before}")


def _answers(version: str) -> None:
    deadline = time.monotonic() + _FOLLOW_SECONDS
    while True:
        sent = _fleet("simulate", MODEL, "--requests", "20", *MOVE)
        if set(sent["versions"]) == {version}:
            answer(f"version {version} answers every caller")
            return
        _require(time.monotonic() < deadline, f"version {version} does not answer")
        time.sleep(_POLL_SECONDS)


def _champion() -> str:
    return str(_fleet("status")["models"][MODEL]["champion"])


def _fleet(*arguments: str) -> Any:
    """Type a command as a person would, and read what it tells programs."""
    typed = [*arguments, "--json"]
    say(f"$ fleet {' '.join(arguments)}", style="dim")
    done = subprocess.run(
        [sys.executable, "-m", "cli.app", *typed], stdout=subprocess.PIPE, text=True, check=False
    )
    _require(done.returncode == 0, f"fleet {arguments[0]} failed")
    return json.loads(done.stdout)


def _require(happened: bool, otherwise: str) -> None:
    if not happened:
        raise _MissingStepError(otherwise)


def _headline(text: str) -> None:
    answer("", text)


if __name__ == "__main__":
    main()
