"""The engine's reading of what a function logs: all of an invocation's lines, with the invocation.

MiniStack stops to read when a worker has been silent for 5 ms, which on a busy machine it seems to
be in mid-sentence. The rest then comes with the next invocation, however late that is: predictions
reach the lake minutes later, or never.
"""

import time
from collections.abc import Callable
from queue import Empty
from typing import Any, Protocol

from ministack.core import lambda_runtime

LAST_LINE = "\x00end of invocation"
_PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.1
# Where the worker's script answers for an invocation, well or not.
_ANSWERS = ('{"status": "ok", "result": result}', '{"status": "error", "error": str(e), "trace"')
_WRITE = "_real_stdout.write(json.dumps("


class _Worker(Protocol):
    _stderr_queue: Any
    _stderr_thread: Any


def gather_lines(replace: Callable[[Any, str, Callable[..., Any]], None]) -> None:
    """Make it so; `replace` puts a function in the place of one of the engine's."""
    lambda_runtime._PYTHON_WORKER_SCRIPT = with_last_line(lambda_runtime._PYTHON_WORKER_SCRIPT)
    replace(lambda_runtime.Worker, "_drain_stderr_bounded", drained)


def with_last_line(script: str) -> str:
    """Have a worker say that an invocation's lines are all there, before it answers."""
    for answer in _ANSWERS:
        before = f"{_WRITE}{answer}"
        if script.count(before) != 1:
            raise SystemExit("this release of MiniStack has another worker: it cannot be told")
        script = script.replace(
            before, f"print({LAST_LINE!r}, file=sys.stderr, flush=True); {before}"
        )
    return script


def drained(worker: _Worker, *_: Any, **__: Any) -> str:
    """Take an invocation's lines up to its last; a worker that is gone has said all it will."""
    lines: list[str] = []
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            line = worker._stderr_queue.get(timeout=_LOOK_SECONDS)
        except Empty:
            if not worker._stderr_thread.is_alive():
                break
            continue
        if line == LAST_LINE:
            break
        lines.append(line)
    return "\n".join(lines)
