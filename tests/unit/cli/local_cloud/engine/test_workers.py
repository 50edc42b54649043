"""An update of a function waits for running invocations; a shutdown does not."""

import threading
import time
from collections.abc import Iterable, Iterator
from types import SimpleNamespace

import pytest
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from cli.local_cloud.engine.workers import let_invocations_end, limit_workers

_KEY = "000000000000:us-east-1:predict:1"


def _worker(name: str, *, in_use: bool) -> SimpleNamespace:
    return SimpleNamespace(name=name, in_use=in_use, config={"Timeout": 30})


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the workers that the engine has killed, in order."""
    names: list[str] = []

    def kill(workers: Iterable[SimpleNamespace]) -> None:
        names.extend(worker.name for worker in workers)

    monkeypatch.setattr(lambda_runtime, "kill_workers", kill)
    let_invocations_end(monkeypatch.setattr)
    yield names
    lambda_runtime._workers.clear()


def test_an_update_lets_a_busy_worker_finish(killed: list[str]) -> None:
    """No caller gets an error because code was deployed during the request."""
    busy, idle = _worker("busy", in_use=True), _worker("idle", in_use=False)
    lambda_runtime._workers[_KEY] = [busy, idle]
    lambda_svc.invalidate_worker("predict", qualifier="1")
    assert _KEY not in lambda_runtime._workers, "a new invocation must not get the old code"
    time.sleep(0.3)
    assert killed == ["idle"]
    busy.in_use = False
    _wait_for(killed, "busy")


def test_an_invocation_that_never_ends_is_killed(
    killed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker does not outlive the function's timeout by more than a grace period."""
    monkeypatch.setattr("cli.local_cloud.engine.workers._GRACE_SECONDS", 0.0)
    stuck = _worker("stuck", in_use=True)
    stuck.config["Timeout"] = 0
    lambda_runtime._workers[_KEY] = [stuck]
    lambda_svc.invalidate_worker("predict")
    _wait_for(killed, "stuck")


def test_a_shutdown_kills_running_invocations(killed: list[str]) -> None:
    """`fleet down` leaves no processes behind."""
    lambda_runtime._workers[_KEY] = [_worker("busy", in_use=True)]
    lambda_runtime.reset()
    assert killed == ["busy"]


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An engine with at most two processes per function."""
    monkeypatch.setattr("cli.local_cloud.engine.workers._PROCESSES_MAXIMUM", 2)
    limit_workers(monkeypatch.setattr)
    yield
    lambda_runtime._workers.clear()


def _lease() -> SimpleNamespace:
    config = {"FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:predict"}
    worker, _ = lambda_svc.acquire_worker("predict", config, b"")
    leased: SimpleNamespace = worker
    return leased


def test_a_call_waits_for_a_free_process(turns: None) -> None:
    """Many callers share the existing processes, because more would slow all of them down."""
    first, second = _lease(), _lease()
    threading.Timer(0.2, lambda: lambda_runtime.release_worker(first)).start()
    assert _lease() is first
    assert second.in_use


def test_a_call_that_waits_too_long_gets_its_own_process(
    turns: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Functions that call each other cannot deadlock."""
    monkeypatch.setattr("cli.local_cloud.engine.workers._WAIT_SECONDS", 0.1)
    leased = [_lease() for _ in range(3)]
    assert len({id(worker) for worker in leased}) == 3


def _wait_for(killed: list[str], name: str) -> None:
    deadline = time.monotonic() + 10
    while name not in killed:
        assert time.monotonic() < deadline, f"{name} was not killed"
        time.sleep(0.05)
