"""The local cloud's processes are found and ended, and nobody else's."""

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
    """Start a marked process that ignores a polite request to end."""
    with _child(tmp_path, _STUBBORN) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_finds_its_own(tmp_path: Path, child: "subprocess.Popen[bytes]") -> None:
    """A process is found by the root it was started for."""
    assert [process.pid for process in marked(tmp_path)] == [child.pid]


def test_leaves_others_alone(tmp_path: Path, child: "subprocess.Popen[bytes]") -> None:
    """A local cloud below another root is not found."""
    assert marked(tmp_path / "other") == []
    assert child.poll() is None


def test_ends_the_stubborn(tmp_path: Path, child: "subprocess.Popen[bytes]") -> None:
    """A process that ignores the request to end is killed."""
    killed = end(marked(tmp_path), patience_seconds=0.5)
    assert [process.pid for process in killed] == [child.pid]
    assert child.wait(timeout=10) == -signal.SIGKILL
    assert marked(tmp_path) == []


def test_resumes_what_is_suspended(tmp_path: Path, child: "subprocess.Popen[bytes]") -> None:
    """A process that somebody has suspended goes on."""
    (process,) = marked(tmp_path)
    process.suspend()
    while not is_suspended(process):
        time.sleep(0.01)
    resume(marked(tmp_path))
    while is_suspended(process):
        time.sleep(0.01)
    assert child.poll() is None


def test_ending_twice(tmp_path: Path) -> None:
    """Ending what has ended already is no error."""
    with _child(tmp_path, _SLEEP) as process:
        found = marked(tmp_path)
        process.kill()
        process.wait()
        end(found, patience_seconds=0.5)
    assert marked(tmp_path) == []


def test_the_dead_are_not_waited_for(tmp_path: Path) -> None:
    """A process that has ended, and whose parent has not asked how, is not killed again."""
    with _child(tmp_path, _SLEEP):
        assert end(marked(tmp_path), patience_seconds=10.0) == []
