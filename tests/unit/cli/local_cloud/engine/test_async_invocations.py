"""Asynchronous invocations are retried, and repeated after a crash."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from ministack.services import lambda_svc

from cli.local_cloud.engine import async_invocations
from cli.local_cloud.state.journal import Journal

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:drift"


class Function:
    """A function that fails a given number of times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.events: list[Any] = []
        self.failed: list[Any] = []

    def call(self, _: object, event: Any) -> dict[str, Any]:
        """Return what the engine returns."""
        self.events.append(event)
        self.failures -= 1
        return {"error": True} if self.failures >= 0 else {}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Open a journal in which an earlier process left a call."""
    Journal(tmp_path / "calls").add([(_ARN, json.dumps({"day": 1}))])
    return Journal(tmp_path / "calls")


def _resume(journal: Journal, function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"DeadLetterConfig": {"TargetArn": "queue"}}
    for name, replacement in {
        "_get_func_record_for_ref": lambda _: ({"config": config}, config, "drift"),
        "_execution_record_for_config": lambda *_: {},
        "_execute_function_with_config_scope": function.call,
        "_route_async_failure": lambda *given: function.failed.append(given[:3]),
    }.items():
        monkeypatch.setattr(lambda_svc, name, replacement)
    monkeypatch.setattr(async_invocations, "_PAUSE_SECONDS", 0.0)
    async_invocations.resume_async_invocations(journal)
    for thread in threading.enumerate():
        if thread.name == "call":
            thread.join(10)


def test_an_interrupted_call_is_repeated(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call left in the journal is repeated with its event and then marked as done."""
    function = Function(failures=1)
    _resume(journal, function, monkeypatch)
    assert function.events == [{"day": 1}, {"day": 1}]
    assert (function.failed, Journal(tmp_path / "calls").left) == ([], {})


def test_a_call_that_keeps_failing_goes_to_the_dead_letter_queue(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two retries the event goes to the function's queue and is marked as done."""
    function = Function(failures=9)
    _resume(journal, function, monkeypatch)
    assert len(function.events) == 3
    assert function.failed == [("queue", "drift", {"day": 1})]
    assert Journal(tmp_path / "calls").left == {}
