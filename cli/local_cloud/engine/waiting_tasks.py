"""Tasks of state machines that wait for a token, so that a wait outlives the engine.

MiniStack keeps such waits in memory and fails their executions when it starts again. Here, a wait
is part of its execution, on disk once its function has the token. After a restart, the execution
enters its first state, jumps from there to the state that waited, with that state's input, and
waits with the same token for the rest of its time. Variables of a workflow are not kept.
"""

import json
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import stepfunctions

from cli.local_cloud.engine.replacement import Replace

WAITING = "waitingTask"
RUNNING = "RUNNING"
_LONGEST_SECONDS = 99_999_999
_POLL_SECONDS = 0.5
_WITH_TOKEN = ".waitForTaskToken"  # noqa: S105  # pragma: allowlist secret  # part of an ARN
_Execution = dict[str, Any]


class _StoppedError(Exception):
    """Somebody stopped the execution; its status says so already."""


class WaitingTasks:
    """Keeps waits in their executions.

    Parameters
    ----------
    write
        Writes the execution with an ARN to disk.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._resumed: set[str] = set()
        self._entered: ContextVar[tuple[_Execution, str, Any]] = ContextVar("entered")

    def follow(self, replace: Replace) -> None:
        """Replace MiniStack's waits."""
        execute = stepfunctions._execute_task

        def execute_task(
            definition: dict[str, Any], given: Any, execution: _Execution, context: dict[str, Any]
        ) -> tuple[Any, str | None]:
            name, arn = context["State"]["Name"], execution["executionArn"]
            if arn in self._resumed:
                self._resumed.discard(arn)
                return execution[WAITING]["input"], execution[WAITING]["state"]
            self._entered.set((execution, name, given))
            result: tuple[Any, str | None]
            try:
                result = execute(definition, given, execution, context)
            except _StoppedError:
                result = given, None
            return result

        replace(stepfunctions, "_execute_task", execute_task)
        replace(stepfunctions, "_invoke_with_callback", self._call_and_wait)

    def resume(self) -> None:
        """Start the loaded executions that wait; none of them has a thread yet."""
        for (account, region, arn), execution in list(stepfunctions._executions._data.items()):
            if is_waiting(execution) and execution["status"] == RUNNING:
                self._resumed.add(arn)
                set_request_account_id(account)
                set_request_region(region)
                threading.Thread(
                    target=copy_context().run, args=(stepfunctions._run_execution, arn), daemon=True
                ).start()

    def _call_and_wait(
        self, resource: str, given: Any, token: str, definition: dict[str, Any]
    ) -> Any:
        execution, name, raw = self._entered.get()
        kept = execution.get(WAITING)
        token = kept["token"] if kept else token
        answered = threading.Event()
        # A function may answer while it is called.
        stepfunctions._task_tokens[token] = {
            "event": answered,
            "result": None,
            "error": None,
            "heartbeat": None,
            "machine": execution["stateMachineArn"],
        }
        try:
            if not kept:
                stepfunctions._invoke_resource(resource.replace(_WITH_TOKEN, ""), given)
                seconds = definition.get("TimeoutSeconds", _LONGEST_SECONDS)
                until = time.time() + seconds
                kept = {"state": name, "input": raw, "token": token, "until": until}
                execution[WAITING] = kept
                self._write(execution["executionArn"])
            _wait(execution, answered, kept["until"])
        finally:
            answer = stepfunctions._task_tokens.pop(token, {})
            if execution.pop(WAITING, None):
                self._write(execution["executionArn"])
        return _result(answer)


def is_waiting(execution: _Execution) -> bool:
    """Whether an execution waited for a token when the engine ended."""
    return WAITING in execution


def continue_waiting(execution: _Execution) -> None:
    """Let an execution wait on that MiniStack failed when it loaded it."""
    for field in ("error", "cause"):
        execution.pop(field, None)
    execution |= {"status": RUNNING, "stopDate": None, "output": None}


def _wait(execution: _Execution, answered: threading.Event, until: float) -> None:
    """Wait for an answer, the end of the time, or somebody who stops the execution."""
    while not answered.wait(max(0.0, min(_POLL_SECONDS, until - time.time()))):
        if execution["status"] != RUNNING:
            raise _StoppedError
        if time.time() >= until:
            raise stepfunctions._ExecutionError(
                "States.Timeout", "Task timed out waiting for callback"
            )


def _result(answer: dict[str, Any]) -> Any:
    if answer.get("error"):
        error = answer["error"]
        raise stepfunctions._ExecutionError(error.get("Error", "TaskFailed"), error.get("Cause"))
    return json.loads(answer["result"])
