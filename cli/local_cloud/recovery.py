"""What the last run left on disk: whether it can be resumed, and what is to be told of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cli.errors import FleetError
from cli.local_cloud import generations, whole_objects
from cli.local_cloud.layout import Layout
from cli.local_cloud.restored import Restored

_START_AFRESH = (
    "`fleet recover --set-aside --yes` moves it to a copy, then `fleet up` starts afresh"
)


@dataclass(frozen=True)
class LastRun:
    """How the last run ended, by what it left.

    Attributes
    ----------
    ended
        Whether it was stopped in order, or there was none.
    as_of
        The moment of its last whole state; `None` where none is known.
    damaged
        Newer states that are not whole.
    """

    ended: bool
    as_of: datetime | None = None
    damaged: tuple[str, ...] = ()


def examine(layout: Layout) -> LastRun:
    """Read how the last run ended, and change nothing.

    Raises
    ------
    FleetError
        If what it left cannot be resumed from.
    """
    try:
        found = generations.read(layout.generations)
    except generations.DamagedStateError as error:
        raise FleetError(
            f"the engine's state in {layout.engine} is damaged: {error}; {_START_AFRESH}"
        ) from error
    if found.generation is None:
        _require_resumable(layout)
        return LastRun(ended=not layout.record.exists())
    generation = found.generation
    return LastRun(
        ended=generation.manifest.ended and not found.damaged,
        as_of=generation.as_of,
        damaged=found.damaged,
    )


def mend_objects(layout: Layout, last: LastRun) -> list[str]:
    """Complete or forget what was being written, and answer a sentence for each damaged object."""
    whole_objects.complete(layout.intents)
    return [] if last.ended else list(whole_objects.mend(layout.buckets, layout.engine / "damaged"))


def report(last: LastRun, restored: Restored | None) -> Iterator[str]:
    """What became of the last run, in sentences; nothing where it was stopped in order."""
    if not last.ended:
        yield _crash(last)
    for text in last.damaged:
        yield f"the state after that was not written completely and is ignored: {text}"
    if restored is not None:
        yield from _interrupted(restored)


def _crash(last: LastRun) -> str:
    if last.as_of is None:
        return "the last run crashed; its data was kept"
    return (
        f"the last run crashed; its state was restored as of {last.as_of:%H:%M:%S} UTC. Data sets, "
        "models, releases and predictions are complete; deployments, schedules, queued messages, "
        "metrics and log lines of the seconds after that are lost"
    )


def _interrupted(restored: Restored) -> Iterator[str]:
    for arn in restored.executions:
        yield f"execution {_name(arn)} was running and has failed; start it again if you need it"
    for stack in restored.stacks:
        yield f"the deployment of {stack} was interrupted; it is completed now"
    if restored.deliveries:
        yield f"{restored.deliveries} log lines had not reached the lake; they are delivered now"
    if restored.calls:
        yield f"{restored.calls} calls of functions had not ended; they are made again"


def _name(arn: str) -> str:
    return ":".join(arn.split(":")[-2:])


def _require_resumable(layout: Layout) -> None:
    """Refuse buckets without a state: their stacks are unknown, and cannot be deployed over."""
    has_state = any(layout.engine_state.glob("*.json"))
    has_objects = any(layout.buckets.glob("*/*/*"))
    if has_objects and not has_state:
        raise FleetError(
            f"{layout.engine} holds objects, and the engine's state is missing; {_START_AFRESH}"
        )
