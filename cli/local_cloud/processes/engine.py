"""The AWS engine as a child process that outlives the command."""

import os
import shutil
import subprocess
import sys
import time

import psutil

from cli.local_cloud.layout import REPOSITORY, Layout
from cli.local_cloud.processes.engine_client import REGION, client_environment
from cli.local_cloud.processes.liveness import (
    ENGINE_MODULE,
    PROBE_SECONDS,
    Liveness,
    answers,
    engine_process,
    silence,
    wait_for_answer,
)
from cli.local_cloud.processes.marked import MARK, end, marked, resume
from cli.local_cloud.processes.ports import LOOPBACK, choosing, free_port
from cli.local_cloud.processes.record import CloudRecord, read_record, write_record
from cli.output.console import warn
from cli.output.errors import FleetError

USUAL_PORT = 4566
_PORTS = range(1, 65_536)
# Names the database in case the command that starts the engine is killed before it writes a record.
TRACKING_URI = "MODELFLEET_LOCAL_TRACKING_URI"
_START_SECONDS = 60.0
STOP_SECONDS = 60.0


def running(layout: Layout) -> CloudRecord | None:
    """The running engine once it responds; `None` if no engine is running.

    A silent engine gets a minute to respond, because it may be busy or still stopping. It is never
    stopped here.

    Raises
    ------
    FleetError
        If the engine is running and does not respond.
    """
    process = engine_process(layout)
    if process is None:
        return None
    record = read_record(layout) or _record_of(process)
    liveness = wait_for_answer(record, process, PROBE_SECONDS)
    if liveness is Liveness.SILENT:
        raise FleetError(silence(process, PROBE_SECONDS) + "; nothing was changed")
    if liveness is Liveness.ABSENT:
        return None
    write_record(layout, record)
    return record


def start(layout: Layout, tracking_uri: str) -> CloudRecord:
    """Start the engine.

    Raises
    ------
    FleetError
        If it does not start.
    """
    with choosing():
        wanted = last_port(layout)
        port = free_port(wanted)
        if port != wanted:
            warn(f"port {wanted} is in use; the local cloud uses port {port}")
        process = _spawn(layout, port, tracking_uri)
        record = CloudRecord(port=port, pid=process.pid, tracking_uri=tracking_uri)
        write_record(layout, record)
        layout.port.write_text(str(port))
        _wait_until_healthy(record, process, layout)
    return record


def stop(layout: Layout) -> bool:
    """Stop the engine cleanly so that it saves its state, then its remaining processes.

    Returns whether it stopped in time; otherwise it was killed.
    """
    process = engine_process(layout)
    # The engine waits for its child processes, and would hang on a suspended one.
    resume(marked(layout.root))
    killed = end([process] if process else [], patience_seconds=STOP_SECONDS)
    end_orphans(layout)
    shutil.rmtree(layout.engine / "tmp", ignore_errors=True)
    layout.record.unlink(missing_ok=True)
    return not killed


def end_orphans(layout: Layout) -> None:
    """End the processes that a dead engine left behind."""
    end(marked(layout.root), patience_seconds=STOP_SECONDS)


def last_port(layout: Layout) -> int:
    """The port used last time, so that URLs that people noted stay valid."""
    try:
        port = int(layout.port.read_text())
    except (OSError, ValueError):
        return USUAL_PORT
    return port if port in _PORTS else USUAL_PORT


def _record_of(process: psutil.Process) -> CloudRecord:
    """The record of an engine whose starting command was killed before it wrote one."""
    environment = process.environ()
    return CloudRecord(
        port=int(environment["GATEWAY_PORT"]),
        pid=process.pid,
        tracking_uri=environment[TRACKING_URI],
    )


def _spawn(layout: Layout, port: int, tracking_uri: str) -> "subprocess.Popen[bytes]":
    for folder in (layout.logs, layout.engine / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    with (layout.logs / "engine.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", ENGINE_MODULE],
            cwd=REPOSITORY,
            env=os.environ | _environment(layout, port) | {TRACKING_URI: tracking_uri},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _environment(layout: Layout, port: int) -> dict[str, str]:
    return client_environment(f"http://{LOOPBACK}:{port}") | {
        MARK: str(layout.root),
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        # Functions act as their roles and are denied what no policy grants, as in AWS.
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(layout.engine_state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(layout.buckets),
        "TMPDIR": str(layout.engine / "tmp"),
        "LOG_LEVEL": "INFO",
        # The MQTT listener would bind to every interface.
        "IOT_MTLS_ENABLED": "0",
    }


def _wait_until_healthy(
    record: CloudRecord, process: "subprocess.Popen[bytes]", layout: Layout
) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if answers(record):
            return
        time.sleep(0.2)
    end(marked(layout.root), patience_seconds=STOP_SECONDS)
    layout.record.unlink(missing_ok=True)
    raise FleetError(f"the AWS engine did not start; see {layout.logs / 'engine.log'}")
