"""Writes the engine's state every few seconds, so that `kill -9` loses only the last few seconds.

MiniStack writes its state only when it is stopped cleanly, one file after another, and skips a
service whose state changes meanwhile. A forked process has a consistent copy of all services and
writes it without blocking any request.
"""

import asyncio
import copy
import gc
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import persistence
from ministack.core.concurrency import spawn_background
from ministack.services import lambda_svc

from cli.local_cloud.engine.executions import ExecutionFiles
from cli.local_cloud.engine.interrupted_work import settle
from cli.local_cloud.engine.replacement import Replace
from cli.local_cloud.engine.waiting_tasks import WaitingTasks
from cli.local_cloud.state import generations
from cli.local_cloud.state.restart_report import RestartReport

_PAUSE_SECONDS = 1.0
# Writing takes at most a fifth of one core, unless a crash would then lose more than seconds.
_PAUSE_PER_SECOND = 4.0
_LONGEST_PAUSE_SECONDS = 4.0
# Alarms and schedules change the state even without requests.
_IDLE_SECONDS = 60.0
_LOOK_SECONDS = 0.2
_GROWING = frozenset({"cloudwatch", "cloudwatch_logs"})
_MUCH_BYTES = 4_000_000
_SELDOM_SECONDS = 30.0
_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.01
_ENDED_WELL = 0
_FAILED = 1
_log = logging.getLogger("state")

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
States = Mapping[str, Callable[[], Any]]


def save_snapshots(
    replace: Replace, root: Path, resume_work: Callable[[RestartReport], None]
) -> None:
    """Replace MiniStack's loading and saving of its state.

    Parameters
    ----------
    replace
        Replaces a function of MiniStack.
    root
        The folder of the engine's state.
    resume_work
        Resumes interrupted work; called once the engine responds.

    Raises
    ------
    DamagedStateError
        If the state on disk is damaged.
    """
    found = generations.read(root / "generations")
    if found.generation is not None:
        # MiniStack loads this folder with its own code, which checks the format.
        persistence.STATE_DIR = str(found.generation.folder)
    _keep_code(replace, root / "generations")
    executions = ExecutionFiles(root / "executions")
    executions.follow(replace)
    waiting = WaitingTasks(executions.write)
    waiting.follow(replace)
    requests = _Requests(app.app)
    replace(app, "app", requests)
    snapshots = _Snapshots(root / "generations", executions, requests)
    load = app._load_persisted_state

    def load_and_begin() -> None:
        load()
        executions.restore()
        report = settle().model_copy(update={"damaged": tuple(executions.damaged)})
        snapshots.begin()

        def resume(report: RestartReport) -> None:
            waiting.resume()
            resume_work(report)

        spawn_background(_once_answering, resume, report, thread_name="resume")

    replace(app, "_load_persisted_state", load_and_begin)
    replace(app, "save_all", snapshots.end)


def _once_answering(resume_work: Callable[[RestartReport], None], report: RestartReport) -> None:
    asyncio.run(app._wait_for_port(int(os.environ["GATEWAY_PORT"])))
    resume_work(report)


class _Requests:
    """The engine's application with a request counter, because an idle engine changes little."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self.count = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Count and forward a request."""
        if scope.get("path") not in app._HEALTH_PATHS:
            self.count += 1
        await self._application(scope, receive, send)


class _Snapshots:
    """Writes the state repeatedly, and a last time when the engine ends."""

    def __init__(self, root: Path, executions: ExecutionFiles, requests: _Requests) -> None:
        self._root = root
        self._executions = executions
        self._requests = requests
        self._one_at_a_time = threading.Lock()
        self._is_ended = False

    def begin(self) -> None:
        """Write the loaded state before anything changes, then continue in a thread."""
        self._take(ended=False)
        threading.Thread(target=self._repeat, name="snapshots", daemon=True).start()

    def end(self, _: States) -> None:
        """Write the last generation, marked as final."""
        with self._one_at_a_time:
            self._is_ended = True
            self._take(ended=True)

    def _repeat(self) -> None:
        took, asked = 0.0, 0
        while not self._is_ended:
            self._wait(pause_seconds(took), asked)
            with self._one_at_a_time:
                asked = self._requests.count
                if not self._is_ended:
                    took = self._take(ended=False)

    def _wait(self, seconds: float, asked: int) -> None:
        """Wait for the pause, and longer while the engine receives no requests."""
        time.sleep(seconds)
        idle = time.monotonic() + _IDLE_SECONDS
        while self._requests.count == asked and time.monotonic() < idle and not self._is_ended:
            time.sleep(_LOOK_SECONDS)

    def _take(self, *, ended: bool) -> float:
        """Write a generation; returns how many seconds it took."""
        started, ended_before = time.monotonic(), self._executions.ended()
        child = os.fork()
        if child == 0:
            _write_and_exit(self._root, ended=ended)
        if _ended_well(child):
            self._executions.forget(ended_before)
        else:
            _log.error("could not write the state; the last generation stays valid")
        return time.monotonic() - started


def pause_seconds(took: float) -> float:
    """How long to wait after a write that took so many seconds."""
    return min(max(_PAUSE_SECONDS, took * _PAUSE_PER_SECOND), _LONGEST_PAUSE_SECONDS)


def _write_and_exit(root: Path, *, ended: bool) -> None:
    """Write the state of this process, a forked copy of the engine; never returns."""
    code = _FAILED
    try:
        # Signals to this process must not wake the parent's event loop.
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        gc.disable()
        # Nothing changes in this process, so MiniStack's defensive copies are a waste.
        copy.deepcopy = _itself  # type: ignore[assignment]  # only until this process exits
        carried = frozenset() if ended else _carried(root)
        generations.write(root, _states(carried), ended=ended, carried=carried)
        code = _ENDED_WELL
    except BaseException as error:  # noqa: BLE001  # the parent logs the exit code
        os.write(2, f"state not written: {error!r}\n".encode())
    finally:
        os._exit(code)


def _itself(value: Any, *_: Any) -> Any:
    return value


def _carried(root: Path) -> frozenset[str]:
    """Log lines and metrics grow without bound, so once they are large they are written rarely."""
    return _GROWING & generations.fresh(root, bytes_minimum=_MUCH_BYTES, seconds=_SELDOM_SECONDS)


def _states(carried: Collection[str]) -> dict[str, bytes]:
    """The state of every loaded service except the carried ones, in MiniStack's format."""
    found: dict[str, bytes] = {}
    for name, get_state in app._build_persistence_save_dict().items():
        state = None if name in carried else get_state()
        if state is not None:
            wrapped = {
                "__ministack_format__": persistence._state_format_version(name),
                "payload": state,
            }
            found[name] = json.dumps(wrapped, default=persistence._json_default).encode()
    return found


def _ended_well(child: int) -> bool:
    """Wait for the writing process, and kill it if it hangs."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == _ENDED_WELL
        time.sleep(_POLL_SECONDS)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _keep_code(replace: Replace, root: Path) -> None:
    """Keep code that a kept generation refers to; MiniStack deletes all that is not in memory."""
    replace(lambda_svc, "_prune_orphan_code_blobs", lambda _: None)
    named = generations.text_of(root, "lambda")
    for blob in Path(lambda_svc.CODE_BLOB_DIR).glob("*.zip"):
        if named and blob.stem not in named:
            blob.unlink()
