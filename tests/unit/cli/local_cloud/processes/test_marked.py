"""Only the local cloud's own processes are found and ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.local_cloud.processes.marked import MARK, end, is_suspended, marked, resume

_SLEEP = "import time; time.sleep(60)"
_STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('ready', flush=True); time.sleep(60)"
)


def _child(root: Path, code: str) -> "subprocess.Popen[bytes]":
    environment = os.environ | {MARK: str(root)}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)


@pytest.fixture
def child(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a marked process that ignores SIGTERM."""
    with _child(tmp_path, _STUBBORN) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_finds_its_own_processes(tmp_path: Path, child: "subprocess.Popen[bytes]") -> None:
    """A process is found by the folder of its local cloud."""
    assert [process.pid for process in marked(tmp_path)] == [child.pid]


def test_ignores_other_local_clouds(tmp_path: Path, child: "subprocess.Popen[bytes]") -> None:
    """Processes of a local cloud in another folder are not found."""
    assert marked(tmp_path / "other") == []
    assert child.poll() is None


def test_kills_a_process_that_ignores_sigterm(
    tmp_path: Path, child: "subprocess.Popen[bytes]"
) -> None:
    """A process that does not terminate is killed."""
    killed = end(marked(tmp_path), patience_seconds=0.5)
    assert [process.pid for process in killed] == [child.pid]
    assert child.wait(timeout=10) == -signal.SIGKILL
    assert marked(tmp_path) == []


def test_resumes_suspended_processes(tmp_path: Path, child: "subprocess.Popen[bytes]") -> None:
    """A suspended process is resumed."""
    (process,) = marked(tmp_path)
    process.suspend()
    while not is_suspended(process):
        time.sleep(0.01)
    resume(marked(tmp_path))
    while is_suspended(process):
        time.sleep(0.01)
    assert child.poll() is None


def test_ending_twice(tmp_path: Path) -> None:
    """Ending an ended process is no error."""
    with _child(tmp_path, _SLEEP) as process:
        found = marked(tmp_path)
        process.kill()
        process.wait()
        end(found, patience_seconds=0.5)
    assert marked(tmp_path) == []


def test_zombies_are_not_waited_for(tmp_path: Path) -> None:
    """An ended process that its parent has not reaped counts as ended."""
    with _child(tmp_path, _SLEEP):
        assert end(marked(tmp_path), patience_seconds=10.0) == []
