"""Where PostgreSQL listens: in its own folder, or in one of a short and plain name."""

import hashlib
import os
import re
from pathlib import Path
from tempfile import gettempdir

from cli.local_cloud.layout import HOME_VARIABLE
from cli.output.errors import FleetError

# The package hands the folder to a shell, unquoted, and puts it into an address as it is.
_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")
# PostgreSQL's own start hands the cluster to a shell in double quotes.
_RUNS_IN_QUOTES = re.compile(r"[\"$`\\\n]")
# The address of a socket holds 104 bytes on some systems, of which the file's name takes some.
_LONGEST_BYTES = 85


def socket_folder(cluster: Path) -> Path:
    """The folder for a cluster's socket, which is there and is this user's.

    Raises
    ------
    FleetError
        If no server can be started in the cluster's folder safely.
    """
    if _RUNS_IN_QUOTES.search(str(cluster)):
        raise FleetError(
            f"PostgreSQL cannot be started in {str(cluster)!r}: a shell would run signs of its "
            f"name; set {HOME_VARIABLE} to a folder without them"
        )
    if _PLAIN.fullmatch(str(cluster)) and len(os.fsencode(cluster)) <= _LONGEST_BYTES:
        return cluster
    name = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    folder = Path(gettempdir()) / f"modelfleet-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise FleetError(f"{folder} is another user's; set {HOME_VARIABLE} to another folder")
    return folder
