"""A task that waits for a token outlives the engine, and ends as in AWS."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ministack.core.responses import get_account_id, get_region
from ministack.services import stepfunctions

from cli.local_cloud.engine.interrupted_work import MINISTACK_CAUSE, settle
from cli.local_cloud.engine.requests import machine_of_task
from cli.local_cloud.engine.waiting_tasks import WaitingTasks

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:retraining"
ARN = "arn:aws:states:us-east-1:000000000000:execution:retraining:first"
LAMBDA = "arn:aws:states:::lambda:invoke"


def _task(then: dict[str, Any], resource: str = LAMBDA, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "Output": "{% $states.result %}", **then, **more}


DEFINITION = {
    "QueryLanguage": "JSONata",
    "StartAt": "Train",
    "States": {
        "Train": _task({"Next": "Approval"}, Arguments={"Payload": "train"}),
        "Approval": _task(
            {"Next": "Release"},
            f"{LAMBDA}.waitForTaskToken",
            Arguments={"Payload": "{% $states.context.Task.Token %}"},
            TimeoutSeconds=60,
        ),
        "Release": _task({"End": True}, Arguments={"Payload": "{% $states.input %}"}),
    },
}


class Engine:
    """MiniStack's state machines in this process, whose functions are only written down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.called: list[Any] = []
        self.files: list[dict[str, Any]] = []
        self.fails = False
        monkeypatch.setattr(stepfunctions, "_invoke_resource", self._invoke)
        monkeypatch.setattr(stepfunctions, "_emit_execution_status_event", lambda _: None)
        self.waiting = WaitingTasks(self._write)
        self.waiting.follow(monkeypatch.setattr)

    def _invoke(self, _: str, given: dict[str, Any]) -> Any:
        if self.fails and given["Payload"] != "train":
            raise stepfunctions._ExecutionError("Lambda.Unknown", "down")
        self.called.append(given["Payload"])
        return {"Payload": given["Payload"]}

    def _write(self, arn: str) -> None:
        self.files.append(json.loads(json.dumps(stepfunctions._executions[arn])))

    def start(self, **changes: Any) -> None:
        """Start the execution."""
        definition = json.loads(json.dumps(DEFINITION))
        definition["States"]["Approval"] |= changes
        stepfunctions._state_machines[MACHINE] = {
            "name": "retraining",
            "definition": json.dumps(definition),
        }
        stepfunctions._executions[ARN] = {
            "executionArn": ARN,
            "stateMachineArn": MACHINE,
            "name": "first",
            "status": "RUNNING",
            "startDate": "2026-01-01T00:00:00Z",
            "stopDate": None,
            "input": "{}",
            "events": [],
        }
        threading.Thread(target=stepfunctions._run_execution, args=(ARN,), daemon=True).start()

    def crash(self) -> None:
        """Lose what is in memory, and load what was written, as MiniStack does."""
        stepfunctions._executions[ARN]["status"] = "ABORTED"
        until(lambda: not stepfunctions._task_tokens._data)
        found = self.files[0] | {"status": "FAILED", "error": "x", "cause": MINISTACK_CAUSE}
        stepfunctions._executions[ARN] = found

    def answer(self, token: str) -> int:
        """Send a result."""
        status: int = stepfunctions._send_task_success({"taskToken": token, "output": '{"ok": 1}'})[
            0
        ]
        return status

    @property
    def execution(self) -> dict[str, Any]:
        """The execution."""
        found: dict[str, Any] = stepfunctions._executions[ARN]
        return found


def until(holds: Callable[[], object]) -> None:
    """Wait for something, for at most ten seconds."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine without executions."""
    stores = (stepfunctions._executions, stepfunctions._state_machines, stepfunctions._task_tokens)
    before = [dict(store._data) for store in stores]
    for store in stores:
        store._data.clear()
    yield Engine(monkeypatch)
    for store, data in zip(stores, before, strict=True):
        store._data.clear()
        store._data.update(data)


def test_an_answer_lets_the_execution_continue(engine: Engine) -> None:
    """The result of the task is what was answered, and a second answer finds nobody."""
    engine.start()
    until(lambda: engine.files)
    token = engine.called[1]
    assert machine_of_task(json.dumps({"taskToken": token}).encode()) == MACHINE
    assert engine.answer(token) == 200
    until(lambda: engine.execution["status"] == "SUCCEEDED")
    assert engine.called[2] == {"ok": 1}
    assert engine.answer(token) == 400
    assert "waitingTask" not in engine.execution


def test_a_wait_outlives_a_crash(engine: Engine) -> None:
    """After a restart, the same token continues the execution, and no task runs twice."""
    engine.start()
    until(lambda: engine.files)
    token = engine.called[1]
    engine.crash()
    assert settle().executions == ()
    assert engine.execution["status"] == "RUNNING"
    engine.waiting.resume()
    until(lambda: stepfunctions._task_tokens._data)
    assert list(stepfunctions._task_tokens._data) == [(get_account_id(), get_region(), token)]
    engine.answer(token)
    until(lambda: engine.execution["status"] == "SUCCEEDED")
    assert engine.called == ["train", token, {"ok": 1}]


def test_a_wait_ends_at_its_time(engine: Engine) -> None:
    """Without an answer, the task fails with a timeout, which a state machine may catch."""
    engine.start(TimeoutSeconds=1)
    until(lambda: engine.execution["status"] == "FAILED")
    assert engine.execution["error"] == "States.Timeout"


def test_nobody_waits_in_a_stopped_execution(engine: Engine) -> None:
    """An answer to a stopped execution is refused."""
    engine.start()
    until(lambda: engine.files)
    stepfunctions._stop_execution({"executionArn": ARN})
    until(lambda: not stepfunctions._task_tokens._data)
    assert engine.answer(engine.called[1]) == 400
    assert engine.execution["status"] == "ABORTED"


def test_a_function_that_fails_fails_its_task(engine: Engine) -> None:
    """Nobody would ever answer a token that nobody has."""
    engine.fails = True
    engine.start()
    until(lambda: engine.execution["status"] == "FAILED")
    assert engine.execution["error"] == "Lambda.Unknown"
