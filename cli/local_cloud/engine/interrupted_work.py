"""Settles work that was running when the engine ended, so that nothing stays running forever."""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core.responses import (
    now_iso,
    set_request_account_id,
    set_request_region,
)
from ministack.services import cloudformation, stepfunctions

from cli.local_cloud.engine.waiting_tasks import continue_waiting, is_waiting
from cli.local_cloud.state.restart_report import CAUSE, RestartReport

_IN_PROGRESS = "_IN_PROGRESS"
_RUNNING = "RUNNING"
_REVIEW = "REVIEW_IN_PROGRESS"
MINISTACK_CAUSE = "Execution was running when service restarted"
_log = logging.getLogger("state")


def settle() -> RestartReport:
    """End interrupted executions and deployments in the loaded state, and report them."""
    return RestartReport(pid=os.getpid(), executions=tuple(_executions()), stacks=tuple(_stacks()))


def _executions() -> Iterator[str]:
    """Fail interrupted executions with a clear cause, except those that wait for a token."""
    for execution in stepfunctions._executions.all_values():
        if not is_interrupted(execution):
            continue
        if is_waiting(execution):
            continue_waiting(execution)
        else:
            execution |= {
                "status": "FAILED",
                "stopDate": execution.get("stopDate") or now_iso(),
                "error": "States.ServiceRestart",
                "cause": CAUSE,
            }
            yield execution["executionArn"]
    for run in stepfunctions._map_runs.all_values():
        if run.get("status") == _RUNNING:
            run |= {"status": "ABORTED", "stopDate": now_iso()}


def is_interrupted(execution: Mapping[str, Any]) -> bool:
    """Whether an execution was running when the engine ended."""
    return execution["status"] == _RUNNING or execution.get("cause") == MINISTACK_CAUSE


def announce(report: RestartReport) -> None:
    """Publish the failed executions as events: a rule of the app then releases their locks."""
    for (account, region, arn), execution in list(stepfunctions._executions._data.items()):
        if arn in report.executions:
            set_request_account_id(account)
            set_request_region(region)
            stepfunctions._emit_execution_status_event(execution)


def _stacks() -> Iterator[str]:
    """Put stacks that were being changed into a state in which they can be deployed again.

    The stack keeps the resources created so far, and gets its previous template back, so that the
    next deployment finds a difference and creates what is missing.
    """
    for scope, stack in cloudformation._stacks._data.items():
        status = stack["StackStatus"]
        if not status.endswith(_IN_PROGRESS) or status == _REVIEW:
            continue
        deleted = status.startswith("DELETE")
        stack |= {
            "StackStatus": "DELETE_FAILED" if deleted else "UPDATE_ROLLBACK_COMPLETE",
            "StackStatusReason": CAUSE,
            "_template_body": json.dumps(_template_before(stack, status)),
        }
        _forget_change_sets(scope, stack["StackId"])
        yield stack["StackName"]


def _template_before(stack: dict[str, Any], status: str) -> dict[str, Any]:
    template: dict[str, Any] = stack.get("_template") or {}
    return {"Resources": {}} if status.startswith("CREATE") or not template else template


def _forget_change_sets(scope: tuple[str, str, str], stack_id: str) -> None:
    sets = cloudformation._change_sets._data
    for key in [key for key, each in sets.items() if each.get("StackId") == stack_id]:
        del sets[key]
    _log.info("the deployment of %s was interrupted; the next deployment completes it", scope[-1])
