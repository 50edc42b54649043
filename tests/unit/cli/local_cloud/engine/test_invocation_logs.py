"""All log lines of an invocation are read with it, however slowly they arrive."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Queue
from types import SimpleNamespace

import pytest
from ministack.core import lambda_runtime

from cli.local_cloud.engine.invocation_logs import LAST_LINE, drained, with_last_line

_HANDLER = """
def handler(event, context):
    print("first")
    if event.get("fail"):
        raise ValueError("no")
    print("second")
    return event
"""


def _reading(*lines: tuple[float, str], lives: bool = True) -> SimpleNamespace:
    """A worker whose lines arrive after a number of seconds each."""
    queue: Queue[str] = Queue()
    done = threading.Event()

    def read() -> None:
        for seconds, line in lines:
            time.sleep(seconds)
            queue.put(line)
        done.wait(60.0 if lives else 0.0)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return SimpleNamespace(_stderr_queue=queue, _stderr_thread=thread, done=done)


def test_all_lines_are_read() -> None:
    """A pause between lines does not end the reading; the marker does, and is not returned."""
    worker = _reading((0.0, "a"), (0.4, "b"), (0.4, "c"), (0.0, LAST_LINE))
    assert drained(worker, first_line_wait=0.05) == "a\nb\nc"
    worker.done.set()


def test_later_lines_are_left_for_the_next_invocation() -> None:
    """One invocation's lines are not mixed with another's."""
    worker = _reading((0.0, "a"), (0.0, LAST_LINE), (0.0, "b"), (0.0, LAST_LINE), lives=False)
    assert (drained(worker), drained(worker), drained(worker)) == ("a", "b", "")


def test_reading_ends_with_the_worker() -> None:
    """If the worker ends without a marker, its lines so far are returned."""
    assert drained(_reading((0.0, "a"), (0.1, "killed"), lives=False)) == "a\nkilled"


@pytest.mark.parametrize(
    ("event", "lines", "status"),
    [({}, ["first", "second"], "ok"), ({"fail": 1}, ["first"], "error")],
)
def test_the_worker_prints_the_marker(
    tmp_path: Path, event: dict[str, int], lines: list[str], status: str
) -> None:
    """The marker is printed before the response, whether the invocation succeeds or fails."""
    (tmp_path / "code.py").write_text(_HANDLER)
    script = with_last_line(lambda_runtime._PYTHON_WORKER_SCRIPT)
    start = {"code_dir": str(tmp_path), "module": "code", "handler": "handler", "env": {}}
    told = "\n".join(json.dumps(each) for each in (start, {"event": event})) + "\n"
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=told, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert [line for line in done.stderr.splitlines() if line][: len(lines) + 1] == [
        *lines,
        LAST_LINE,
    ]
    assert json.loads(done.stdout.splitlines()[-1])["status"] == status


def test_an_unknown_worker_script_is_rejected() -> None:
    """If MiniStack's script has changed, the engine does not start."""
    with pytest.raises(SystemExit, match="is not supported"):
        with_last_line("print('something else')")
