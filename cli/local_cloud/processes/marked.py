"""The local cloud's processes, found by a mark in their environment."""

import os
import time
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "MODELFLEET_LOCAL_CLOUD"
_POLL_SECONDS = 0.05


def marked(root: Path) -> list[psutil.Process]:
    """Every living process of the local cloud in this folder, and of no other.

    Child processes inherit the mark. So orphans are found, and an unrelated process that has since
    received the same PID is not.
    """
    return [process for process in psutil.process_iter() if mark_of(process) == str(root)]


def marked_one(pid: int, root: Path) -> psutil.Process | None:
    """The process with a PID, if it belongs to the local cloud in this folder."""
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None
    return process if mark_of(process) == str(root) else None


def mark_of(process: psutil.Process) -> str | None:
    """The folder of the local cloud that a process belongs to; `None` if it belongs to none."""
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        # Another user's process, or one that has just ended: not ours either way.
        return None


def is_suspended(process: psutil.Process) -> bool:
    """Whether a process is suspended, as by `kill -STOP`."""
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False


def resume(processes: list[psutil.Process]) -> None:
    """Resume processes that are suspended or about to be; running processes are not affected."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def leads_session(process: psutil.Process) -> bool:
    """Whether a process leads a session, as a server that outlives its command does."""
    try:
        return os.getsid(process.pid) == process.pid
    except ProcessLookupError:
        return False


def command(process: psutil.Process) -> list[str]:
    """A process's command line; empty if it has ended."""
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def end(processes: list[psutil.Process], *, patience_seconds: float) -> list[psutil.Process]:
    """Terminate processes, kill those still alive after the grace period, and return those.

    Suspended processes are resumed, because they could not handle the signal.
    """
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    resume(processes)
    alive = _still_alive(processes, patience_seconds)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _still_alive(alive, patience_seconds)
    return alive


def _still_alive(processes: list[psutil.Process], patience_seconds: float) -> list[psutil.Process]:
    """Wait for processes to end; returns those that have not.

    `psutil.wait_procs` would also wait for zombies that their parent never reaps.
    """
    deadline = time.monotonic() + patience_seconds
    while alive := [process for process in processes if is_alive(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    return alive


def is_alive(process: psutil.Process) -> bool:
    """Whether a process is running, and no zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
