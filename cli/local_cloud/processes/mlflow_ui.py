"""MLflow's web interface on the local database, for the duration of `fleet ui`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from urllib.parse import quote

import httpx
import psutil

from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.engine_client import client_environment
from cli.local_cloud.processes.marked import MARK, end
from cli.local_cloud.processes.ports import LOOPBACK
from cli.local_cloud.processes.record import CloudRecord
from cli.output.errors import FleetError

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_ANSWER_SECONDS = 30.0
# Browsers resolve it to the loopback interface (RFC 6761, 6.3). On pages of 127.0.0.1 and
# localhost, MLflow opens a panel that runs AI agents on this machine; no setting turns it off.
_HOST = "mlflow.localhost"
_SEARCH = "/api/2.0/mlflow/experiments/search"
_RUN = "/api/2.0/mlflow/runs/get"
# MLflow's own limit; every model is one experiment.
_EXPERIMENTS_MAXIMUM = 1_000


@contextmanager
def mlflow_ui(
    layout: Layout, record: CloudRecord, port: int
) -> Iterator["subprocess.Popen[bytes]"]:
    """Serve the interface on a port of the loopback interface while the block runs.

    Raises
    ------
    FleetError
        If it does not start.
    """
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
    command += ["--backend-store-uri", record.tracking_uri]
    command += ["--host", LOOPBACK, "--port", str(port)]
    log = layout.logs / "ui.log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            command,
            env=os.environ | _environment(layout, record, port),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as server,
    ):
        try:
            _wait_until_healthy(server, port, str(log))
            yield server
        finally:
            _stop(server)


def runs_address(port: int, models: Collection[str]) -> str:
    """The address of the models' training runs; that of the interface if none was trained."""
    base = f"http://{_HOST}:{port}"
    asked = {"max_results": _EXPERIMENTS_MAXIMUM}
    answer = httpx.post(f"http://{LOOPBACK}:{port}{_SEARCH}", json=asked, timeout=_ANSWER_SECONDS)
    found = answer.raise_for_status().json().get("experiments", [])
    ids = [each["experiment_id"] for each in found if each["name"] in models]
    match sorted(ids, key=int):
        case []:
            return base
        case [only]:
            return f"{base}/#/experiments/{only}/runs"
        case several:
            listed = quote(json.dumps(several, separators=(",", ":")))
            return f"{base}/#/compare-experiments/s?experiments={listed}"


def run_address(port: int, run: str) -> str:
    """The address of one training run.

    Raises
    ------
    FleetError
        If the registry has no such run.
    """
    asked = f"http://{LOOPBACK}:{port}{_RUN}"
    answer = httpx.get(asked, params={"run_id": run}, timeout=_ANSWER_SECONDS)
    if answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.BAD_REQUEST):
        raise FleetError(f"no training run {run!r}; see all runs with `fleet ui`")
    found = answer.raise_for_status().json()["run"]["info"]
    base = f"http://{_HOST}:{port}"
    return f"{base}/#/experiments/{found['experiment_id']}/runs/{found['run_id']}"


def _environment(layout: Layout, record: CloudRecord, port: int) -> dict[str, str]:
    return client_environment(record.endpoint) | {
        # `fleet down` ends marked processes, so that the interface never outlives its database.
        MARK: str(layout.root),
        # Otherwise MLflow starts a dozen worker processes for features that are not used here.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        # Neither the server nor its pages report what is done with them.
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_ENABLE_REMOTE_ASSISTANT": "false",
        "MLFLOW_SERVER_ALLOWED_HOSTS": f"{LOOPBACK}:{port},localhost:{port},{_HOST}:{port}",
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": f"http://{_HOST}:{port}",
    }


def _wait_until_healthy(server: "subprocess.Popen[bytes]", port: int, log: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"http://{LOOPBACK}:{port}/health", timeout=5.0).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.3)
        else:
            return
    raise FleetError(f"MLflow's interface did not start; see {log}")


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is not None:
        return
    family = [*psutil.Process(server.pid).children(recursive=True), psutil.Process(server.pid)]
    server.send_signal(signal.SIGTERM)
    end(family, patience_seconds=_STOP_SECONDS)
    server.wait()
