"""Free ports on the loopback interface."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

LOOPBACK = "127.0.0.1"


@contextmanager
def choosing() -> Iterator[None]:
    """Hold a lock so that two local clouds that start at the same time choose different ports.

    A chosen port stays free until a process listens on it, seconds later.
    """
    with (Path(gettempdir()) / f"modelfleet-ports-{os.getuid()}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def free_port(preferred: int) -> int:
    """The preferred port if it is free, otherwise one that the system chooses."""
    return preferred if _is_free(preferred) else _any_free()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
