"""What the last run left on disk: whether it can be resumed, and what is to be told of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cli.local_cloud.layout import Layout
from cli.local_cloud.state import (
    generations,
)
from cli.local_cloud.state import (
    objects as whole_objects,
)
from cli.local_cloud.state import (
    registry_agreement as agreement,
)
from cli.local_cloud.state import (
    restart_report as restored,
)
from cli.local_cloud.state.restart_report import Restored
from cli.output.errors import FleetError

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
    whole_objects.complete(layout.intents, layout.buckets)
    damaged = layout.engine / "damaged"
    return list(whole_objects.mend(layout.buckets, damaged, thoroughly=not last.ended))


def report(last: LastRun, found: Restored | None) -> Iterator[str]:
    """What became of the last run, in sentences; nothing where it was stopped in order."""
    if not last.ended:
        yield _crash(last)
    for text in last.damaged:
        yield f"the state after that was not written completely and is ignored: {text}"
    if found is not None:
        yield from _interrupted(found)


def _crash(last: LastRun) -> str:
    if last.as_of is None:
        return "the last run crashed; its data was kept"
    return (
        f"the last run crashed; its state was restored as of {last.as_of:%H:%M:%S} UTC. Data sets, "
        "models, releases and predictions are complete; deployments, schedules, queued messages, "
        "metrics and log lines of the seconds after that are lost"
    )


def _interrupted(found: Restored) -> Iterator[str]:
    for arn in found.executions:
        yield f"execution {_name(arn)} was running and has failed; start it again if you need it"
    for stack in found.stacks:
        yield f"the deployment of {stack} was interrupted; it is completed now"
    if found.deliveries:
        yield f"{found.deliveries} log lines had not reached the lake; they are delivered now"
    if found.calls:
        yield f"{found.calls} calls of functions had not ended; they are made again"
    yield from found.damaged


def _name(arn: str) -> str:
    return ":".join(arn.split(":")[-2:])


def require_database(layout: Layout) -> None:
    """Refuse an engine's state without the database that it was written beside.

    Raises
    ------
    FleetError
        If PostgreSQL's cluster is missing; a new one would be an empty registry.
    """
    has_state = any(layout.generations.glob("*")) or _has_objects(layout)
    if has_state and not (layout.database / "PG_VERSION").exists():
        raise FleetError(
            f"{layout.engine} holds a state, and its database, {layout.database}, is missing or "
            f"no cluster of PostgreSQL; bring it back, or: {_START_AFRESH}"
        )


def require_engine(layout: Layout, tracking_uri: str, models: list[str]) -> None:
    """Refuse a registry of models without the engine's state that it belongs to.

    Raises
    ------
    FleetError
        If models are registered and nothing of the engine is on disk.
    """
    if any(layout.generations.glob("*")) or any(layout.engine_state.glob("*.json")):
        return
    versions, _ = agreement.registered(tracking_uri, models)
    if any(versions.values()):
        raise FleetError(
            f"{layout.database} holds registered models, and the engine's state, {layout.engine}, "
            f"is missing; bring it back, or: {_START_AFRESH}"
        )


def _require_resumable(layout: Layout) -> None:
    """Refuse buckets without a state: their stacks are unknown, and cannot be deployed over.

    An engine that has answered has written generations. Beside its note of that, files of an
    earlier release's state are years old.
    """
    has_run = (layout.engine_state / restored.FILE).exists()
    has_old_state = any(layout.engine_state.glob("*.json")) and not has_run
    if has_run or (_has_objects(layout) and not has_old_state):
        raise FleetError(
            f"{layout.engine} holds objects, and the engine's state is missing; {_START_AFRESH}"
        )


def _has_objects(layout: Layout) -> bool:
    return any(layout.buckets.glob("*/*/*"))
