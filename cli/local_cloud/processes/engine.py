"""The AWS engine (MiniStack) as a child process that outlives the command."""

import os
import shutil
import subprocess
import sys
import time

import psutil

from cli.local_cloud.layout import REPOSITORY, Layout
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
from cli.output.errors import FleetError

USUAL_PORT = 4566
_PORTS = range(1, 65_536)
REGION = "us-east-1"
ACCOUNT = "0" * 12
CREDENTIAL = "test"
# Tells of the database where the command that started the engine did not come to write a record.
TRACKING_URI = "MODELFLEET_LOCAL_TRACKING_URI"
_START_SECONDS = 60.0
STOP_SECONDS = 60.0


def running(layout: Layout) -> CloudRecord | None:
    """The engine that runs, once it answers; `None` where none does.

    One that is silent is given a minute, for it may be busy, or on its way to a halt that a
    command before this one has asked for. It is never stopped from here.

    Raises
    ------
    FleetError
        If it runs and does not answer.
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
        If it does not come up.
    """
    with choosing():
        port = free_port(port_before(layout))
        process = _spawn(layout, port, tracking_uri)
        record = CloudRecord(port=port, pid=process.pid, tracking_uri=tracking_uri)
        write_record(layout, record)
        layout.port.write_text(str(port))
        _wait_until_healthy(record, process, layout)
    return record


def stop(layout: Layout) -> bool:
    """Stop the engine in order, so that it keeps its state, then whatever is left of it.

    Answers whether it stopped by itself; one that did not within the patience was killed.
    """
    process = engine_process(layout)
    # It waits for them: a frozen writer of its state, or worker, would keep it from its end.
    resume(marked(layout.root))
    killed = end([process] if process else [], patience_seconds=STOP_SECONDS)
    end_orphans(layout)
    shutil.rmtree(layout.engine / "tmp", ignore_errors=True)
    layout.record.unlink(missing_ok=True)
    return not killed


def end_orphans(layout: Layout) -> None:
    """End what an engine that is gone has started: nobody asks it anything any more."""
    end(marked(layout.root), patience_seconds=STOP_SECONDS)


def client_environment(endpoint: str) -> dict[str, str]:
    """What makes an AWS client of any kind speak to the engine and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": CREDENTIAL,
        "AWS_SECRET_ACCESS_KEY": CREDENTIAL,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # What happens on a laptop is nobody else's business: MLflow and others keep to this.
        "DO_NOT_TRACK": "true",
    }


def port_before(layout: Layout) -> int:
    """Go back to the port of the last time: addresses that people have noted down still hold."""
    try:
        port = int(layout.port.read_text())
    except (OSError, ValueError):
        return USUAL_PORT
    return port if port in _PORTS else USUAL_PORT


def _record_of(process: psutil.Process) -> CloudRecord:
    """The record of an engine whose command was killed before it wrote one."""
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
        # Functions act as their roles, and what no policy grants is refused: as in AWS.
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(layout.engine_state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(layout.buckets),
        "TMPDIR": str(layout.engine / "tmp"),
        "LOG_LEVEL": "INFO",
        # Its MQTT listener would bind to every interface.
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
    raise FleetError(f"the engine did not start; its log is {layout.logs / 'engine.log'}")
