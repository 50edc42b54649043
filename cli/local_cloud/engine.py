"""The AWS engine (MiniStack) as a child process that outlives the command."""

import os
import shutil
import subprocess
import sys
import time

import httpx
import psutil

from cli.errors import FleetError
from cli.local_cloud.layout import REPOSITORY, Layout
from cli.local_cloud.ports import LOOPBACK, choosing, free_port
from cli.local_cloud.processes import MARK, end, marked
from cli.local_cloud.record import CloudRecord, read_record, write_record

USUAL_PORT = 4566
REGION = "us-east-1"
ACCOUNT = "0" * 12
CREDENTIAL = "test"
_START_SECONDS = 60.0
STOP_SECONDS = 30.0


def start(layout: Layout, tracking_uri: str) -> CloudRecord:
    """Start the engine, or find it running.

    Raises
    ------
    FleetError
        If it does not come up.
    """
    record = read_record(layout)
    if record is not None and is_healthy(record):
        return record
    with choosing():
        port = free_port(port_before(layout))
        process = _spawn(layout, port)
        record = CloudRecord(port=port, pid=process.pid, tracking_uri=tracking_uri)
        write_record(layout, record)
        layout.port.write_text(str(port))
        _wait_until_healthy(record, process, layout)
    return record


def stop(layout: Layout) -> None:
    """Stop the engine in order, so that it keeps its state, then whatever is left of it."""
    record = read_record(layout)
    processes = marked(layout.root)
    if record is not None:
        end([p for p in processes if p.pid == record.pid], patience_seconds=STOP_SECONDS)
    end([p for p in marked(layout.root) if p.is_running()], patience_seconds=STOP_SECONDS)
    shutil.rmtree(layout.engine / "tmp", ignore_errors=True)
    layout.record.unlink(missing_ok=True)


def is_healthy(record: CloudRecord) -> bool:
    """Whether the recorded engine lives and answers."""
    if not psutil.pid_exists(record.pid):
        return False
    try:
        return httpx.get(f"{record.endpoint}/_ministack/health", timeout=5.0).is_success
    except httpx.HTTPError:
        return False


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
        return int(layout.port.read_text())
    except (FileNotFoundError, ValueError):
        return USUAL_PORT


def _spawn(layout: Layout, port: int) -> "subprocess.Popen[bytes]":
    for folder in (layout.logs, layout.engine / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    with (layout.logs / "engine.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "cli.local_cloud.engine_process"],
            cwd=REPOSITORY,
            env=os.environ | _environment(layout, port),
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
        "STATE_DIR": str(layout.engine / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(layout.engine / "s3"),
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
        if is_healthy(record):
            return
        time.sleep(0.2)
    end(marked(layout.root), patience_seconds=STOP_SECONDS)
    layout.record.unlink(missing_ok=True)
    raise FleetError(f"the engine did not start; its log is {layout.logs / 'engine.log'}")
