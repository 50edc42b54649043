"""Free ports of the loopback interface."""

import socket

LOOPBACK = "127.0.0.1"


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
