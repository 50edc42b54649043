"""The local cloud's processes: found by a mark in their environment, ended in order."""

import os
import time
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "MODELFLEET_LOCAL_CLOUD"
_POLL_SECONDS = 0.05


def marked(root: Path) -> list[psutil.Process]:
    """Every living process of the local cloud below this root, and no other's.

    The mark is inherited by workers, so that one whose parent was killed is found too, and a number
    that the system has given to a stranger since is not.
    """
    return [process for process in psutil.process_iter() if _mark(process) == str(root)]


def marked_one(pid: int, root: Path) -> psutil.Process | None:
    """The process of a number, where it is of the local cloud below this root."""
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None
    return process if _mark(process) == str(root) else None


def is_suspended(process: psutil.Process) -> bool:
    """Whether somebody has stopped a process, as `kill -STOP` does."""
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False


def resume(processes: list[psutil.Process]) -> None:
    """Let those that are suspended go on, or are about to be; the others hear nothing of it."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def leads_session(process: psutil.Process) -> bool:
    """Whether a process began a session, as a server that outlives its command does."""
    try:
        return os.getsid(process.pid) == process.pid
    except ProcessLookupError:
        return False


def command(process: psutil.Process) -> list[str]:
    """A process's command line; nothing of one that has ended."""
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def end(processes: list[psutil.Process], *, patience_seconds: float) -> list[psutil.Process]:
    """Ask processes to end; those that have not after the patience are killed, and answered.

    One that is suspended is resumed, for it would not hear of it.
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
    """Wait for processes to end, and answer those that have not.

    psutil's own wait would wait for the dead too, where a parent does not ask how they ended.
    """
    deadline = time.monotonic() + patience_seconds
    while alive := [process for process in processes if is_alive(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    return alive


def is_alive(process: psutil.Process) -> bool:
    """Whether a process has neither ended nor waits for its parent to ask how it ended."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        # Another user's process, or one that ended meanwhile: not ours either way.
        return None
