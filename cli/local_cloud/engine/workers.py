"""The engine's processes of functions: how many there are, and when they end.

Lambda lets invocations finish when code or settings change. MiniStack kills the process in the
middle: the caller gets a 502, and a delivery of log events that was half carried is carried again.

Lambda has a machine for each concurrent call. MiniStack starts a process for each on the same two
cores: 32 callers are 32 starts, which slow each other down until they time out.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, Protocol

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

_CHECK_SECONDS = 0.1
_TURN_SECONDS = 0.005
# A call that has waited so long gets a process of its own: API Gateway gives up after 29 s.
_WAIT_SECONDS = 20.0
# Of one version of a function; more than cores take turns, so that a slow call holds up no others.
_PROCESSES_MAXIMUM = 2 * (os.cpu_count() or 1)
# An invocation that has outlived its own timeout by so much will never end.
_GRACE_SECONDS = 5.0


class Worker(Protocol):
    """What the engine knows of a function's process."""

    config: Any
    in_use: bool


Kill = Callable[[Iterable[Worker]], None]


def let_invocations_end(replace: Callable[[Any, str, Callable[..., Any]], None]) -> None:
    """Make it so; `replace` puts a function in the place of one of the engine's."""
    invalidate, kill = lambda_runtime.invalidate_worker, lambda_runtime.kill_workers
    updating = ContextVar("updating", default=False)

    def invalidated(*arguments: Any, **named: Any) -> None:
        token = updating.set(True)
        try:
            invalidate(*arguments, **named)
        finally:
            updating.reset(token)

    def killed(workers: Iterable[Worker]) -> None:
        # A shutdown waits for nobody.
        (retire if updating.get() else kill)(workers)

    def retire(workers: Iterable[Worker]) -> None:
        kill_when_idle(workers, kill)

    replace(lambda_runtime, "kill_workers", killed)
    replace(lambda_svc, "invalidate_worker", invalidated)


def take_turns(replace: Callable[[Any, str, Callable[..., Any]], None]) -> None:
    """Have calls wait for a process that is free, where a function has enough of them."""
    acquire = lambda_runtime.acquire_worker

    def acquired(*function: Any, **named: Any) -> Any:
        deadline = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < deadline:
            leased = acquire(*function, **named | {"max_concurrency": _PROCESSES_MAXIMUM})
            if leased[0] is not None:
                return leased
            time.sleep(_TURN_SECONDS)
        return acquire(*function, **named)

    replace(lambda_svc, "acquire_worker", acquired)


def kill_when_idle(workers: Iterable[Worker], kill: Kill) -> None:
    """Kill idle workers at once, and each other one when its invocation has ended."""
    workers = list(workers)
    kill([worker for worker in workers if not worker.in_use])
    for worker in workers:
        if worker.in_use:
            threading.Thread(target=_outlive, args=(worker, kill), daemon=True).start()


def _outlive(worker: Worker, kill: Kill) -> None:
    deadline = time.monotonic() + worker.config.get("Timeout", 30) + _GRACE_SECONDS
    while worker.in_use and time.monotonic() < deadline:
        time.sleep(_CHECK_SECONDS)
    kill([worker])
