"""The engine's calls of functions that nobody waits for, made to the end, also after a kill."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from ministack.services import lambda_svc

from cli.local_cloud.engine import async_invocations as engine_calls
from cli.local_cloud.state.journal import Journal

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:drift"


class Function:
    """A function of the engine that fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.events: list[Any] = []
        self.failed: list[Any] = []

    def call(self, _: object, event: Any) -> dict[str, Any]:
        """Answer as the engine does."""
        self.events.append(event)
        self.failures -= 1
        return {"error": True} if self.failures >= 0 else {}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Open a journal in which an earlier process has left a call."""
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
    monkeypatch.setattr(engine_calls, "_PAUSE_SECONDS", 0.0)
    engine_calls.resume(journal)
    for thread in threading.enumerate():
        if thread.name == "call":
            thread.join(10)


def test_a_call_that_was_interrupted_is_made_again(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the journal has left is called with its event, and is then done."""
    function = Function(failures=1)
    _resume(journal, function, monkeypatch)
    assert function.events == [{"day": 1}, {"day": 1}]
    assert (function.failed, Journal(tmp_path / "calls").left) == ([], {})


def test_a_call_that_fails_to_the_end_goes_to_the_queue(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two retries the event goes where the function's failures go, and is done."""
    function = Function(failures=9)
    _resume(journal, function, monkeypatch)
    assert len(function.events) == 3
    assert function.failed == [("queue", "drift", {"day": 1})]
    assert Journal(tmp_path / "calls").left == {}
