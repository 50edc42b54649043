"""Reads all log lines of an invocation together with the invocation.

MiniStack stops reading once a worker has been silent for 5 ms, which on a busy machine happens in
the middle of an invocation. The rest would come with the next invocation, so predictions would
reach the lake minutes later or never.
"""

import time
from queue import Empty
from typing import Any, Protocol

from ministack.core import lambda_runtime

from cli.local_cloud.engine.replacement import Replace

LAST_LINE = "\x00end of invocation"
_PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.1
# Where the worker's script returns the result or the error of an invocation.
_ANSWERS = ('{"status": "ok", "result": result}', '{"status": "error", "error": str(e), "trace"')
_WRITE = "_real_stdout.write(json.dumps("


class _Worker(Protocol):
    _stderr_queue: Any
    _stderr_thread: Any


def read_all_log_lines(replace: Replace) -> None:
    """Replace MiniStack's reading of log lines."""
    lambda_runtime._PYTHON_WORKER_SCRIPT = with_last_line(lambda_runtime._PYTHON_WORKER_SCRIPT)
    replace(lambda_runtime.Worker, "_drain_stderr_bounded", drained)


def with_last_line(script: str) -> str:
    """Make a worker's script print a marker after an invocation's last log line."""
    for answer in _ANSWERS:
        before = f"{_WRITE}{answer}"
        if script.count(before) != 1:
            raise SystemExit("the worker script of this release of MiniStack is not supported")
        script = script.replace(
            before, f"print({LAST_LINE!r}, file=sys.stderr, flush=True); {before}"
        )
    return script


def drained(worker: _Worker, *_: Any, **__: Any) -> str:
    """Read an invocation's lines up to the marker, or until the worker has ended."""
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
