"""Free ports of the loopback interface."""

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
    """Keep two local clouds that start at once from the same port: one waits for the other.

    A port is taken when somebody listens on it, which is seconds after it was found free.
    """
    with (Path(gettempdir()) / f"modelfleet-ports-{os.getuid()}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def free_port(preferred: int) -> int:
    """The preferred port where it is free, else one that the system finds."""
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
