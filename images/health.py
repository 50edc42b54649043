"""An image's health command: says whether the function has started and is there for Lambda.

Lambda has no use for it, but whoever runs an image elsewhere does: the container's first process is
Lambda's runtime client, which connects to the runtime interface when the handler is imported, and
ends where that fails.
"""

import os
import sys
import tempfile
from pathlib import Path

_CLIENT = b"awslambdaric"
_ESTABLISHED = "01"
_STATE, _INODE = 3, 9


def fault(process: int = 1) -> str | None:
    """What is wrong with the container, if anything."""
    if _CLIENT not in Path(f"/proc/{process}/cmdline").read_bytes():
        return "the first process is not Lambda's runtime client"
    if not _sockets(process) & _connections(process):
        return "the function has not started yet, or nobody has work for it"
    if not os.access(tempfile.gettempdir(), os.W_OK):
        return "the folder for temporary files cannot be written to"
    return None


def _sockets(process: int) -> set[str]:
    """The inodes of a process's sockets."""
    links = [str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir()]
    return {link.removeprefix("socket:[").rstrip("]") for link in links if "socket:" in link}


def _connections(process: int) -> set[str]:
    """The inodes of the established connections in a process's network."""
    tables = [Path(f"/proc/{process}/net/{kind}") for kind in ("tcp", "tcp6")]
    rows = [row.split() for table in tables for row in table.read_text().splitlines()]
    return {row[_INODE] for row in rows if row[_STATE] == _ESTABLISHED}


if __name__ == "__main__":
    sys.exit(fault())
