"""Starts and stops the local cloud, and keeps commands from doing so at the same time."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cli.local_cloud.layout import Layout
from cli.local_cloud.processes import engine, postgres
from cli.local_cloud.processes.marked import marked
from cli.local_cloud.processes.record import CloudRecord, read_record
from cli.local_cloud.state import copies, recovery
from cli.local_cloud.state.restart_report import RestartReport, read_report
from cli.output.console import say, step, warn
from modelfleet.catalogue import names

_REPORT_SECONDS = 30.0


@dataclass(frozen=True)
class Started:
    """The running local cloud, and whether its last run crashed."""

    record: CloudRecord
    after_crash: bool


@contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Hold the lock of commands that change the local cloud."""
    layout.root.mkdir(parents=True, exist_ok=True)
    with layout.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another command is changing the local cloud; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start(layout: Layout) -> Started:
    """Start what is not running and wait until it responds; the caller holds the lock.

    Raises
    ------
    FleetError
        If a part does not start, or is running and does not respond.
    """
    layout.logs.mkdir(parents=True, exist_ok=True)
    copies.finish_moves(layout)
    recovery.require_database(layout)
    with step("check for a running local cloud"):
        running = engine.running(layout)
    if running is None:
        return _start_all(layout)
    with step("start PostgreSQL"):
        postgres.start(layout)
    return Started(running, after_crash=False)


def stop(layout: Layout) -> bool:
    """Stop everything and keep the state; returns whether anything was running."""
    with locked(layout):
        if read_record(layout) is None and not marked(layout.root):
            _stop_engine(layout)
            postgres.stop(layout)
            return False
        with step("save the state and stop the AWS engine"):
            _stop_engine(layout)
        with step("stop PostgreSQL"):
            postgres.stop(layout)
        return True


def _stop_engine(layout: Layout) -> None:
    if not engine.stop(layout):
        warn(
            f"the AWS engine did not stop within {engine.STOP_SECONDS:.0f} s and was killed; "
            "`fleet up` restores its last state"
        )


def _start_all(layout: Layout) -> Started:
    engine.end_orphans(layout)
    last = recovery.examine(layout)
    damaged = recovery.repair_objects(layout, last)
    with step("start PostgreSQL"):
        tracking_uri = postgres.start(layout)
    with step("prepare MLflow's tables"):
        postgres.create_schema(layout, tracking_uri)
        recovery.require_engine(layout, tracking_uri, list(names()))
    with step("start the AWS engine"):
        record = engine.start(layout, tracking_uri)
    for sentence in (*recovery.report(last, _report(layout, record)), *damaged):
        warn(sentence)
    return Started(record, after_crash=not last.ended)


def _report(layout: Layout, record: CloudRecord) -> RestartReport | None:
    """What this engine found in its state; it writes that down once it has resumed its work."""
    deadline = time.monotonic() + _REPORT_SECONDS
    while time.monotonic() < deadline:
        report = read_report(layout.engine_state)
        if report is not None and report.pid == record.pid:
            return report
        time.sleep(0.1)
    return None
