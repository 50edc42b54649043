"""Random moments: what goes on, what is struck, how, and when."""

import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import psutil

from cli.local_cloud.layout import Layout
from cli.local_cloud.processes import postmaster
from cli.local_cloud.processes.liveness import engine_process
from cli.local_cloud.processes.marked import is_alive, leads_session, marked


class Activity(StrEnum):
    """What goes on beside the predictions."""

    LOAD = "load"
    RETRAIN = "retrain"
    REGISTER = "register"
    RELEASE = "release"
    BATCH = "batch"
    DOWN = "down"


class Part(StrEnum):
    """What is struck."""

    ENGINE = "engine"
    WORKER = "worker"
    DATABASE = "database"


class Blow(StrEnum):
    """How it is struck."""

    KILL = "kill -9"
    STOP_CONTINUE = "-STOP, -CONT"
    STOP_KILL = "-STOP, kill -9"


@dataclass(frozen=True)
class Moment:
    """A blow, some seconds after the activity has come so far."""

    number: int
    activity: Activity
    part: Part
    blow: Blow
    after_seconds: float
    frozen_seconds: float


_Kind = TypeVar("_Kind", bound=StrEnum)

_LONGEST_SECONDS = {
    Activity.LOAD: 6.0,
    Activity.RETRAIN: 20.0,
    Activity.REGISTER: 2.0,
    Activity.RELEASE: 4.0,
    Activity.BATCH: 8.0,
    Activity.DOWN: 3.0,
}


def moments(count: int, seed: int) -> Iterator[Moment]:
    """Moments that together meet every activity, part and blow before any is met again."""
    chosen = random.Random(seed)  # noqa: S311  chooses moments, keeps no secret
    activities, parts, blows = (
        _rounds(Activity, chosen),
        _rounds(Part, chosen),
        _rounds(Blow, chosen),
    )
    for number in range(1, count + 1):
        activity = next(activities)
        yield Moment(
            number=number,
            activity=activity,
            part=next(parts),
            blow=next(blows),
            after_seconds=chosen.uniform(0.0, _LONGEST_SECONDS[activity]),
            frozen_seconds=chosen.uniform(1.0, 12.0),
        )


def _rounds(kinds: type[_Kind], chosen: random.Random) -> Iterator[_Kind]:
    while True:
        members = list(kinds)
        chosen.shuffle(members)
        yield from members


def strike(layout: Layout, moment: Moment, chosen: random.Random) -> bool:
    """Strike; answers whether there was something to strike."""
    process = _victim(layout, moment.part, chosen)
    if process is None:
        return False
    if moment.blow is Blow.KILL:
        _send(process, signal.SIGKILL)
        return True
    _send(process, signal.SIGSTOP)
    time.sleep(moment.frozen_seconds)
    _send(process, signal.SIGCONT if moment.blow is Blow.STOP_CONTINUE else signal.SIGKILL)
    return True


def _victim(layout: Layout, part: Part, chosen: random.Random) -> psutil.Process | None:
    if part is Part.ENGINE:
        return engine_process(layout)
    if part is Part.DATABASE:
        return postmaster.running(layout.database)
    workers = [each for each in marked(layout.root) if is_alive(each) and not leads_session(each)]
    return chosen.choice(workers) if workers else None


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return
