"""The local cloud's processes: found by a mark in their environment, ended in order."""

from contextlib import suppress
from pathlib import Path

import psutil

MARK = "MODELFLEET_LOCAL_CLOUD"


def marked(root: Path) -> list[psutil.Process]:
    """Every living process of the local cloud below this root, and no other's.

    The mark is inherited by workers, so that one whose parent was killed is found too, and a number
    that the system has given to a stranger since is not.
    """
    return [process for process in psutil.process_iter() if _mark(process) == str(root)]


def end(processes: list[psutil.Process], *, patience_seconds: float) -> None:
    """Ask processes to end; what has not ended after the patience is killed."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=patience_seconds)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=patience_seconds)


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        # Another user's process, or one that ended meanwhile: not ours either way.
        return None
