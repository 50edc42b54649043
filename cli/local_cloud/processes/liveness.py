"""Whether the engine is running, and whether it responds."""

import time
from enum import StrEnum
from pathlib import Path

import httpx
import psutil

from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.marked import (
    command,
    is_alive,
    is_suspended,
    leads_session,
    mark_of,
    marked,
    marked_one,
)
from cli.local_cloud.processes.record import CloudRecord, read_record
from cli.output.errors import FleetError

ENGINE_MODULE = "cli.local_cloud.engine"
PROBE_SECONDS = 60.0
_ANSWER_SECONDS = 5.0
_POLL_SECONDS = 0.2


class Liveness(StrEnum):
    """The state of an engine: a silent one is running and does not respond."""

    ABSENT = "absent"
    ANSWERING = "answering"
    SILENT = "silent"


def engine_process(layout: Layout) -> psutil.Process | None:
    """The running engine of this layout, even if it has no record.

    An engine has the layout's mark, which an unrelated process with the same PID has not, and leads
    a session, which its child processes do not.

    Raises
    ------
    FleetError
        If the folder was moved while its engine was running.
    """
    record = read_record(layout)
    recorded = marked_one(record.pid, layout.root) if record else None
    if record is not None and recorded is None:
        _require_unmoved(layout, record)
    candidates = [recorded] if recorded else marked(layout.root)
    return next((each for each in candidates if _is_engine(each)), None)


def _require_unmoved(layout: Layout, record: CloudRecord) -> None:
    """Refuse a folder whose engine writes to where the folder was when it started.

    A second engine must not start on the same state, and this one saves nothing anymore.
    """
    try:
        process = psutil.Process(record.pid)
    except psutil.NoSuchProcess:
        return
    mark = mark_of(process)
    if mark is None or not _is_engine(process):
        return
    there = read_record(Layout(Path(mark)))
    # A copied folder has the record of an engine that still has its own.
    if there is None or there.pid != record.pid:
        raise FleetError(
            f"the local cloud has been running (pid {record.pid}) since before its folder was "
            f"moved from {mark} to {layout.root}; move it back and run `fleet down`, or stop it "
            f"with `kill {record.pid}`, which loses what changed since the move"
        )


def _is_engine(process: psutil.Process) -> bool:
    return is_alive(process) and leads_session(process) and ENGINE_MODULE in command(process)


def require_answering(layout: Layout) -> CloudRecord:
    """The record of the running local cloud.

    Raises
    ------
    FleetError
        If it is not running or does not respond.
    """
    record, process = read_record(layout), engine_process(layout)
    if process is None:
        raise FleetError(
            "the local cloud is not running; start it with `fleet up`"
            if record is None
            else "the local cloud crashed; restore its last state with `fleet up`"
        )
    if record is None:
        raise FleetError("starting the local cloud was interrupted; continue with `fleet up`")
    if not answers(record):
        raise FleetError(silence(process))
    return record


def wait_for_answer(record: CloudRecord, process: psutil.Process, seconds: float) -> Liveness:
    """Wait until a running engine responds or ends."""
    deadline = time.monotonic() + seconds
    while is_alive(process):
        if answers(record):
            return Liveness.ANSWERING
        if time.monotonic() > deadline:
            return Liveness.SILENT
        time.sleep(_POLL_SECONDS)
    return Liveness.ABSENT


def silence(process: psutil.Process, seconds: float = _ANSWER_SECONDS) -> str:
    """The message about an engine that is running and does not respond."""
    fault = (
        f"the local cloud is running (pid {process.pid}) but did not respond for {seconds:.0f} s"
    )
    if is_suspended(process):
        return f"{fault}: it is suspended; resume it with `kill -CONT {process.pid}`"
    return (
        f"{fault}; wait and try again, or restart it with `fleet down` and `fleet up`, which keeps "
        "its data"
    )


def answers(record: CloudRecord) -> bool:
    """Whether an engine responds at the recorded address."""
    try:
        answer = httpx.get(f"{record.endpoint}/_ministack/health", timeout=_ANSWER_SECONDS)
    except httpx.HTTPError:
        return False
    return answer.is_success
