"""The engine's state, written every few seconds: what `kill -9` leaves is at most that old.

MiniStack writes its state once, when it is stopped in order, a file after another, and drops a
service whose state changes meanwhile. A forked process sees all services at one moment, stands
still while it writes, and keeps no request waiting.
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
from cli.local_cloud.state import generations
from cli.local_cloud.state.restart_report import Restored

_PAUSE_SECONDS = 1.0
# At most a fifth of one core, as long as that keeps what a kill loses to a few seconds.
_PAUSE_PER_SECOND = 4.0
_LONGEST_PAUSE_SECONDS = 4.0
# Alarms and schedules change the state too, unasked.
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

Replace = Callable[[Any, str, Callable[..., Any]], None]
Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
States = Mapping[str, Callable[[], Any]]


def keep_state(replace: Replace, root: Path, go_on: Callable[[Restored], None]) -> None:
    """Make it so; `replace` puts a function in the place of one of the engine's.

    Parameters
    ----------
    replace
        Puts a function in the place of one of the engine's.
    root
        The folder of the engine's state.
    go_on
        Takes up what was under way, once the engine answers.

    Raises
    ------
    DamagedStateError
        If the state on disk is damaged.
    """
    found = generations.read(root / "generations")
    if found.generation is not None:
        # From here the engine loads, by its own code and with its own checks of the format.
        persistence.STATE_DIR = str(found.generation.folder)
    _keep_code(replace, root / "generations")
    executions = ExecutionFiles(root / "executions")
    executions.follow(replace)
    requests = _Requests(app.app)
    replace(app, "app", requests)
    snapshots = _Snapshots(root / "generations", executions, requests)
    load = app._load_persisted_state

    def load_and_begin() -> None:
        load()
        executions.restore()
        restored = settle().model_copy(update={"damaged": tuple(executions.damaged)})
        snapshots.begin()
        spawn_background(_once_answering, go_on, restored, thread_name="go on")

    replace(app, "_load_persisted_state", load_and_begin)
    replace(app, "save_all", snapshots.end)


def _once_answering(go_on: Callable[[Restored], None], restored: Restored) -> None:
    asyncio.run(app._wait_for_port(int(os.environ["GATEWAY_PORT"])))
    go_on(restored)


class _Requests:
    """The engine's application, with a count of what it was asked: idle, it changes little."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self.count = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope.get("path") not in app._HEALTH_PATHS:
            self.count += 1
        await self._application(scope, receive, send)


class _Snapshots:
    """Writes the state again and again, and a last time, marked as such, when the engine ends."""

    def __init__(self, root: Path, executions: ExecutionFiles, requests: _Requests) -> None:
        self._root = root
        self._executions = executions
        self._requests = requests
        self._one_at_a_time = threading.Lock()
        self._is_ended = False

    def begin(self) -> None:
        """Write what was loaded, so that there is a state before anything changes, and go on."""
        self._take(ended=False)
        threading.Thread(target=self._repeat, name="snapshots", daemon=True).start()

    def end(self, _: States) -> None:
        """Write the last generation, marked as the one that the engine ended with."""
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
        """Wait as long as is needed, and longer while nobody asks anything of the engine."""
        time.sleep(seconds)
        idle = time.monotonic() + _IDLE_SECONDS
        while self._requests.count == asked and time.monotonic() < idle and not self._is_ended:
            time.sleep(_LOOK_SECONDS)

    def _take(self, *, ended: bool) -> float:
        """Write a generation; answer the seconds that it took."""
        started, ended_before = time.monotonic(), self._executions.ended()
        child = os.fork()
        if child == 0:
            _write_and_exit(self._root, ended=ended)
        if _ended_well(child):
            self._executions.forget(ended_before)
        else:
            _log.error("the state was not written; the last whole generation stands")
        return time.monotonic() - started


def pause_seconds(took: float) -> float:
    """How long to wait after a write that took so many seconds: longer where writing is slow."""
    return min(max(_PAUSE_SECONDS, took * _PAUSE_PER_SECOND), _LONGEST_PAUSE_SECONDS)


def _write_and_exit(root: Path, *, ended: bool) -> None:
    """Write what this process, a copy of the engine at one moment, holds; never returns."""
    code = _FAILED
    try:
        # The parent's loop must not hear of signals that are for this process.
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        gc.disable()
        # Nothing changes here any more, so nothing needs to be copied before it is written.
        copy.deepcopy = _itself  # type: ignore[assignment]  # for this process's last moments
        carried = frozenset() if ended else _carried(root)
        generations.write(root, _states(carried), ended=ended, carried=carried)
        code = _ENDED_WELL
    except BaseException as error:  # noqa: BLE001  answered for: the parent reports it
        os.write(2, f"state not written: {error!r}\n".encode())
    finally:
        os._exit(code)


def _itself(value: Any, *_: Any) -> Any:
    return value


def _carried(root: Path) -> frozenset[str]:
    """Log lines and metrics, once they are many: they grow for ever, and are written seldom."""
    return _GROWING & generations.fresh(root, bytes_minimum=_MUCH_BYTES, seconds=_SELDOM_SECONDS)


def _states(carried: Collection[str]) -> dict[str, bytes]:
    """Every loaded service's state, in the form that the engine reads, but for those."""
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
    """Wait for the writing process; one that hangs is killed, and the next begins anew."""
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
    """Keep the code that the last generations name: MiniStack keeps what is in memory alone."""
    replace(lambda_svc, "_prune_orphan_code_blobs", lambda _: None)
    named = generations.text_of(root, "lambda")
    for blob in Path(lambda_svc.CODE_BLOB_DIR).glob("*.zip"):
        if named and blob.stem not in named:
            blob.unlink()
