"""The health command, asked about a process of the test's own."""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from images.health import fault

# Says that it is itself by now, waits until it is told to connect, says so, and waits again.
PROGRAM = """
import socket, sys
print("started", flush=True)
port = sys.stdin.readline()
connection = socket.create_connection(("127.0.0.1", int(port)))
print("connected", flush=True)
sys.stdin.readline()
"""
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a process that calls itself something."""
    with ExitStack() as stack:

        def started(name: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-c", PROGRAM, name]
            pipe = subprocess.PIPE
            process = stack.enter_context(
                subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
            )
            stack.callback(process.kill)
            assert process.stdout
            assert process.stdout.readline() == "started\n"
            return process

        yield started


def _connect(process: "subprocess.Popen[str]", server: socket.socket) -> socket.socket:
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{server.getsockname()[1]}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "connected\n"
    return server.accept()[0]


def test_a_function_that_asks_for_work_is_well(start: Start) -> None:
    """The runtime client with a connection is what a started function looks like."""
    process = start("awslambdaric")
    with socket.create_server(("127.0.0.1", 0)) as server, _connect(process, server):
        assert fault(process.pid) is None


def test_a_function_that_has_not_started_is_not(start: Start) -> None:
    """While the handler is being imported nobody has asked for work."""
    assert fault(start("awslambdaric").pid) == (
        "the function has not started yet, or nobody has work for it"
    )


def test_another_program_is_not(start: Start) -> None:
    """A shell in the container's place is no function."""
    process = start("shell")
    with socket.create_server(("127.0.0.1", 0)) as server, _connect(process, server):
        assert fault(process.pid) == "the first process is not Lambda's runtime client"


def test_a_function_without_a_place_to_write_is_not(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a step keeps while it works would fail later, and in the middle."""
    monkeypatch.setattr(tempfile, "tempdir", "/proc/nothing")
    process = start("awslambdaric")
    with socket.create_server(("127.0.0.1", 0)) as server, _connect(process, server):
        assert fault(process.pid) == "the folder for temporary files cannot be written to"
