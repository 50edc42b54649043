"""What a function logs goes with its invocation, however slowly it is read."""

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
    """A worker whose lines come after so many seconds each."""
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


def test_all_lines_are_waited_for() -> None:
    """A pause between lines is no end; the last line is, and is nobody's."""
    worker = _reading((0.0, "a"), (0.4, "b"), (0.4, "c"), (0.0, LAST_LINE))
    assert drained(worker, first_line_wait=0.05) == "a\nb\nc"
    worker.done.set()


def test_what_comes_later_is_left_to_the_next() -> None:
    """One invocation's lines are not another's."""
    worker = _reading((0.0, "a"), (0.0, LAST_LINE), (0.0, "b"), (0.0, LAST_LINE), lives=False)
    assert (drained(worker), drained(worker), drained(worker)) == ("a", "b", "")


def test_a_worker_that_is_gone_has_said_all() -> None:
    """Without a last line, the end of its process is the end."""
    assert drained(_reading((0.0, "a"), (0.1, "killed"), lives=False)) == "a\nkilled"


@pytest.mark.parametrize(
    ("event", "lines", "status"),
    [({}, ["first", "second"], "ok"), ({"fail": 1}, ["first"], "error")],
)
def test_the_engines_worker_says_when_it_is_done(
    tmp_path: Path, event: dict[str, int], lines: list[str], status: str
) -> None:
    """Well or not, the last line is printed before the answer is given."""
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


def test_another_worker_is_refused() -> None:
    """Where the engine's script has changed, nothing is guessed."""
    with pytest.raises(SystemExit, match="another worker"):
        with_last_line("print('something else')")
