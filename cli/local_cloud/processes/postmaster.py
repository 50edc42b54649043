"""PostgreSQL's processes: found by the folder they work in, whatever a file says of them."""

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
    """The living server of a cluster.

    Its children bear names of their own; the file with its number may be of a server long gone,
    and the number a stranger's by now.
    """
    for process in _workers(folder):
        if str(folder) in command(process) or f"-D{folder}" in command(process):
            return process
    return None


def answers(folder: Path) -> bool:
    """Whether the server answers a question."""
    try:
        socket_folder = (folder / _PID_FILE).read_text().splitlines()[_SOCKET_LINE].strip()
        address = f"postgresql://postgres@/postgres?host={socket_folder}"
        with psycopg.connect(address, connect_timeout=_ANSWER_SECONDS) as connection:
            connection.execute("SELECT 1")
    except (OSError, IndexError, psycopg.Error):
        return False
    return True


def clear_remains(folder: Path) -> None:
    """Remove what a server that is gone left: processes without a server, and files of its number.

    They leave by themselves; one that is suspended cannot, and would keep a new server out.
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
