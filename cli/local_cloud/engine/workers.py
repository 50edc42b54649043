"""The worker processes of functions: how many run, and when they end.

Lambda lets running invocations finish when code or configuration changes. MiniStack kills their
process: the caller gets a 502, and a half-finished delivery of log events is repeated.

Lambda gives each concurrent invocation its own machine. MiniStack starts a process for each on the
same cores: with 32 concurrent callers, 32 cold starts slow each other down until they time out.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, Protocol

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from cli.local_cloud.engine.replacement import Replace

_CHECK_SECONDS = 0.1
_TURN_SECONDS = 0.005
# A call that has waited this long gets its own process, because API Gateway times out after 29 s.
_WAIT_SECONDS = 20.0
# Per version of a function. More than there are cores, so that a slow call does not block others.
_PROCESSES_MAXIMUM = 2 * (os.cpu_count() or 1)
# An invocation that exceeds its timeout by more than this will never end.
_GRACE_SECONDS = 5.0


class Worker(Protocol):
    """MiniStack's record of a function's process."""

    config: Any
    in_use: bool


Kill = Callable[[Iterable[Worker]], None]


def let_invocations_end(replace: Replace) -> None:
    """Let running invocations finish when code or configuration changes."""
    invalidate, kill = lambda_runtime.invalidate_worker, lambda_runtime.kill_workers
    updating = ContextVar("updating", default=False)

    def invalidated(*arguments: Any, **named: Any) -> None:
        token = updating.set(True)
        try:
            invalidate(*arguments, **named)
        finally:
            updating.reset(token)

    def killed(workers: Iterable[Worker]) -> None:
        # At shutdown, running invocations are killed.
        (retire if updating.get() else kill)(workers)

    def retire(workers: Iterable[Worker]) -> None:
        kill_when_idle(workers, kill)

    replace(lambda_runtime, "kill_workers", killed)
    replace(lambda_svc, "invalidate_worker", invalidated)


def limit_workers(replace: Replace) -> None:
    """Make calls wait for a free process when a function already has enough of them."""
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
    """Kill idle workers now, and each busy one when its invocation has ended."""
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
