"""PostgreSQL's processes, found by their working directory rather than by the PID file."""

import time
from pathlib import Path

import psutil
import psycopg

from cli.local_cloud.processes.marked import command, end, is_alive
from cli.local_cloud.processes.socket_folder import socket_folder

_PID_FILE = "postmaster.pid"
_SOCKET_LOCKS = ".s.PGSQL.*.lock"
_SOCKET_LINE = 4
_ANSWER_SECONDS = 5
_PATIENCE_SECONDS = 5.0
_POLL_SECONDS = 0.1


def running(folder: Path) -> psutil.Process | None:
    """The running server of a data directory.

    The PID file is not trusted: the server that wrote it may be gone, and its PID reused. The
    server's child processes have other command lines.
    """
    for process in _workers(folder):
        if str(folder) in command(process) or f"-D{folder}" in command(process):
            return process
    return None


def answers(folder: Path) -> bool:
    """Whether the server answers a query."""
    try:
        socket_folder = (folder / _PID_FILE).read_text().splitlines()[_SOCKET_LINE].strip()
        address = f"postgresql://postgres@/postgres?host={socket_folder}"
        with psycopg.connect(address, connect_timeout=_ANSWER_SECONDS) as connection:
            connection.execute("SELECT 1")
    except (OSError, IndexError, psycopg.Error):
        return False
    return True


def clear_remains(folder: Path) -> None:
    """Remove what a dead server left: orphaned processes and its PID and lock files.

    Orphans exit by themselves unless they are suspended, in which case they would block a new
    server.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (left := _workers(folder)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    end(left, patience_seconds=_PATIENCE_SECONDS)
    locks = socket_folder(folder).glob(_SOCKET_LOCKS)
    for file in (folder / _PID_FILE, *locks):
        file.unlink(missing_ok=True)


def _workers(folder: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter()
        if is_alive(process) and _name(process) == "postgres" and _works_in(process, folder)
    ]


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.Error:
        return ""


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()) == folder.resolve()
    except (psutil.Error, OSError):
        return False
