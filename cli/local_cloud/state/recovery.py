"""Whether the state of the last run can be resumed, and what to report about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cli.local_cloud.layout import Layout
from cli.local_cloud.state import generations, objects, registry_agreement, restart_report
from cli.local_cloud.state.restart_report import RestartReport
from cli.output.errors import FleetError

_START_OVER = (
    "to start over, move the state to a copy with `fleet recover --set-aside --yes`, then run "
    "`fleet up`"
)


@dataclass(frozen=True)
class LastRun:
    """How the last run ended.

    Attributes
    ----------
    ended
        Whether it was stopped cleanly, or there was none.
    as_of
        The time of its last complete state, if known.
    damaged
        Faults of newer states.
    """

    ended: bool
    as_of: datetime | None = None
    damaged: tuple[str, ...] = ()


def examine(layout: Layout) -> LastRun:
    """Determine how the last run ended, without changing anything.

    Raises
    ------
    FleetError
        If its state cannot be resumed.
    """
    try:
        found = generations.read(layout.generations)
    except generations.DamagedStateError as error:
        raise FleetError(
            f"the AWS engine's state in {layout.engine} is damaged: {error}; {_START_OVER}"
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


def repair_objects(layout: Layout, last: LastRun) -> list[str]:
    """Complete or discard interrupted writes; returns a sentence for each damaged object."""
    objects.complete(layout.intents, layout.buckets)
    damaged = layout.engine / "damaged"
    return list(objects.repair(layout.buckets, damaged, thoroughly=not last.ended))


def report(last: LastRun, found: RestartReport | None) -> Iterator[str]:
    """Sentences about the last run; none if it was stopped cleanly."""
    if not last.ended:
        yield _crash(last)
    for text in last.damaged:
        yield f"a newer state is incomplete and was ignored: {text}"
    if found is not None:
        yield from _interrupted(found)


def _crash(last: LastRun) -> str:
    if last.as_of is None:
        return "the last run crashed; its data was kept"
    return (
        f"the last run crashed; its state was restored as of {last.as_of:%H:%M:%S} UTC. Data sets, "
        "models, releases, and predictions are complete; deployments, schedules, queued messages, "
        "metrics, and log lines of the last seconds before the crash are lost"
    )


def _interrupted(found: RestartReport) -> Iterator[str]:
    for arn in found.executions:
        yield f"execution {_name(arn)} was interrupted and has failed; start it again if needed"
    for stack in found.stacks:
        yield f"the deployment of {stack} was interrupted; completing it now"
    if found.deliveries:
        yield f"log lines that had not reached the lake: {found.deliveries}; delivering them now"
    if found.calls:
        yield f"interrupted asynchronous function calls: {found.calls}; repeating them now"
    yield from found.damaged


def _name(arn: str) -> str:
    return ":".join(arn.split(":")[-2:])


def require_database(layout: Layout) -> None:
    """Refuse an engine's state whose database is missing, because a new registry would be empty.

    Raises
    ------
    FleetError
        If PostgreSQL's data directory is missing.
    """
    has_state = any(layout.generations.glob("*")) or _has_objects(layout)
    if has_state and not (layout.database / "PG_VERSION").exists():
        raise FleetError(
            f"{layout.engine} has state but its database is missing: {layout.database} is no "
            f"PostgreSQL data directory; restore it; {_START_OVER}"
        )


def require_engine(layout: Layout, tracking_uri: str, models: list[str]) -> None:
    """Refuse a registry whose engine's state is missing.

    Raises
    ------
    FleetError
        If models are registered and the engine has no state on disk.
    """
    if any(layout.generations.glob("*")) or any(layout.engine_state.glob("*.json")):
        return
    versions, _ = registry_agreement.registered(tracking_uri, models)
    if any(versions.values()):
        raise FleetError(
            f"{layout.database} contains registered models but the AWS engine's state is missing: "
            f"{layout.engine}; restore it; {_START_OVER}"
        )


def _require_resumable(layout: Layout) -> None:
    """Refuse buckets without a state: their stacks are unknown and cannot be deployed over.

    An engine that has run has written generations and a restart report. If it left a report but no
    generations, state files of an earlier release are outdated.
    """
    has_run = (layout.engine_state / restart_report.FILE).exists()
    has_old_state = any(layout.engine_state.glob("*.json")) and not has_run
    if has_run or (_has_objects(layout) and not has_old_state):
        raise FleetError(
            f"{layout.engine} contains objects but the AWS engine's state is missing; {_START_OVER}"
        )


def _has_objects(layout: Layout) -> bool:
    return any(layout.buckets.glob("*/*/*"))
