"""An engine that is running but not responding is distinguished from one that is not running."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli.commands.local import recover
from cli.local_cloud.layout import Layout
from cli.local_cloud.processes import engine, liveness
from cli.local_cloud.processes.liveness import ENGINE_MODULE, engine_process, require_answering
from cli.local_cloud.processes.marked import MARK, is_alive
from cli.local_cloud.processes.ports import LOOPBACK
from cli.local_cloud.processes.record import CloudRecord, read_record, write_record
from cli.output.errors import FleetError

_URI = "postgresql+psycopg://nobody@/none"
_ANSWERING = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("ready", flush=True)
server.serve_forever()
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Lay out an empty local cloud."""
    root = tmp_path / "original"
    root.mkdir()
    return Layout(root)


def _process(root: Path, port: int, *, leads: bool = True) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-c", _ANSWERING, str(port), ENGINE_MODULE],
        env=os.environ | {MARK: str(root), "GATEWAY_PORT": str(port), engine.TRACKING_URI: _URI},
        stdout=subprocess.PIPE,
        start_new_session=leads,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


@pytest.fixture
def running(layout: Layout) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a process that looks like this layout's engine, and record it."""
    with socket.create_server((LOOPBACK, 0)) as probe:
        port = probe.getsockname()[1]
    with _process(layout.root, port) as process:
        write_record(layout, CloudRecord(port=port, pid=process.pid, tracking_uri=_URI))
        yield process
        process.kill()


def test_a_responding_engine(layout: Layout, running: "subprocess.Popen[bytes]") -> None:
    """A running engine is found by `up` and by every other command."""
    found = engine.running(layout)
    assert found is not None
    assert (found.pid, require_answering(layout)) == (running.pid, found)


def test_a_moved_folder_says_what_to_do(
    layout: Layout, running: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    """No command starts a second engine on its state, or takes the running one for crashed."""
    moved = Layout(layout.root.with_name("moved"))
    layout.root.rename(moved.root)
    told = (
        rf"running \(pid {running.pid}\) since before its folder was moved from {layout.root} to "
        rf"{moved.root}; move it back and run `fleet down`, or stop it with `kill {running.pid}`"
    )
    for command in (engine.running, require_answering, engine.stop, recover._require_stopped):
        with pytest.raises(FleetError, match=told):
            command(moved)
    assert running.poll() is None
    moved.root.rename(layout.root)
    assert engine.running(layout) is not None


def test_a_copied_folder_has_no_engine(
    layout: Layout, running: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    """The engine belongs to the original, which still has its record."""
    copied = Layout(tmp_path / "copied")
    copied.root.mkdir()
    copied.record.write_bytes(layout.record.read_bytes())
    assert engine_process(copied) is None
    engine.stop(copied)
    assert running.poll() is None


def test_a_suspended_engine_is_left_alone(
    layout: Layout, running: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """`up` waits for a suspended engine, then refuses and says how to resume it."""
    monkeypatch.setattr(engine, "PROBE_SECONDS", 0.5)
    monkeypatch.setattr(liveness, "_ANSWER_SECONDS", 0.2)
    running.send_signal(signal.SIGSTOP)
    with pytest.raises(FleetError, match=rf"pid {running.pid}.*kill -CONT {running.pid}"):
        engine.running(layout)
    with pytest.raises(FleetError, match=rf"is running \(pid {running.pid}\) but did not respond"):
        require_answering(layout)
    assert psutil.Process(running.pid).status() == psutil.STATUS_STOPPED
    assert read_record(layout) is not None


def test_an_engine_that_responds_again(
    layout: Layout, running: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """`up` continues with an engine that responds again in time."""
    monkeypatch.setattr(liveness, "_ANSWER_SECONDS", 0.2)
    asked = liveness.answers

    def answers(record: CloudRecord) -> bool:
        if asked(record):
            return True
        running.send_signal(signal.SIGCONT)
        return False

    running.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(liveness, "answers", answers)
    found = engine.running(layout)
    assert found is not None
    assert found.pid == running.pid


def test_an_engine_that_is_ending(
    layout: Layout, running: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that is still ending after a killed `fleet down` is waited for, and then absent."""
    monkeypatch.setattr(liveness, "_ANSWER_SECONDS", 0.2)

    def answers(_: CloudRecord) -> bool:
        running.kill()
        return False

    monkeypatch.setattr(liveness, "answers", answers)
    assert engine.running(layout) is None


def test_an_engine_without_a_record(layout: Layout, running: "subprocess.Popen[bytes]") -> None:
    """An engine is found with its port if its command was killed before it wrote the record."""
    before = read_record(layout)
    layout.record.unlink()
    with pytest.raises(FleetError, match="was interrupted; continue with `fleet up`"):
        require_answering(layout)
    assert engine.running(layout) == before
    assert read_record(layout) == before
    assert running.poll() is None


def test_a_reused_pid(layout: Layout) -> None:
    """An unrelated process with the recorded PID is neither taken for the engine nor harmed."""
    write_record(layout, CloudRecord(port=1, pid=os.getpid(), tracking_uri=_URI))
    assert engine_process(layout) is None
    with pytest.raises(FleetError, match="crashed; restore its last state with `fleet up`"):
        require_answering(layout)


def test_a_worker_is_not_the_engine(layout: Layout) -> None:
    """Child processes of the engine have its mark but are not taken for it."""
    with _process(layout.root, 0, leads=False) as worker:
        assert engine_process(layout) is None
        worker.kill()


def test_down_resumes_a_suspended_engine(
    layout: Layout, running: "subprocess.Popen[bytes]"
) -> None:
    """`down` resumes a suspended engine so that it can save its state."""
    running.send_signal(signal.SIGSTOP)
    while psutil.Process(running.pid).status() != psutil.STATUS_STOPPED:
        time.sleep(0.01)
    assert engine.stop(layout)
    assert not is_alive(psutil.Process(running.pid)) if psutil.pid_exists(running.pid) else True
    assert running.wait(10) == -signal.SIGTERM
    assert read_record(layout) is None
