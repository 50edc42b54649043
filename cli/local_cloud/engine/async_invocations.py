"""Asynchronous invocations of functions: retried, then sent to the dead-letter queue.

MiniStack's rules and schedules invoke a function once and ignore a failure, and its CloudFormation
ignores a function's dead-letter queue.
"""

import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.services import eventbridge, lambda_svc
from ministack.services.cloudformation import provisioners

from cli.local_cloud.engine.replacement import Replace
from cli.local_cloud.state.journal import Journal

_QUEUE = "DeadLetterConfig"
_RETRIES = 2
_PAUSE_SECONDS = 1.0
_log = logging.getLogger("calls")


def retry_async_invocations(replace: Replace, journal: Journal) -> None:
    """Replace MiniStack's asynchronous invocations.

    A call stays in the journal until it succeeds or its retries are used up.
    """

    def call(arn: str, payload: str) -> None:
        (number,) = journal.add([(arn, payload)])
        _begin(journal, number, arn, payload)

    replace(eventbridge, "_dispatch_to_lambda", call)
    functions = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create, update = functions["create"], functions["update"]

    def created(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        return _with_queue(create(logical_id, properties, stack), properties)

    def updated(
        name: str, old: dict[str, Any], new: dict[str, Any], *rest: Any, **more: Any
    ) -> Any:
        return _with_queue(update(name, old, new, *rest, **more), new)

    functions |= {"create": created, "update": updated}


def resume_async_invocations(journal: Journal) -> None:
    """Repeat the calls that were running when an earlier process ended."""
    for number, (arn, payload) in journal.left.items():
        _begin(journal, number, arn, payload)


def _begin(journal: Journal, number: int, arn: str, payload: str) -> None:
    def call_until_done() -> None:
        try:
            _call(arn, json.loads(payload))
        finally:
            journal.done([number])

    spawn_background(call_until_done, thread_name="call")


def _call(arn: str, event: Mapping[str, Any]) -> None:
    """Invoke a function with retries; a failed event goes to its dead-letter queue."""
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        _log.error("function %s, the target of a rule or schedule, does not exist", name)
        return
    record = lambda_svc._execution_record_for_config(function, config)
    retries = (function.get("event_invoke_config") or {}).get("MaximumRetryAttempts", _RETRIES)
    answer: dict[str, Any] = {}
    for attempt in range(int(retries) + 1):
        time.sleep(_PAUSE_SECONDS * attempt)
        answer = lambda_svc._execute_function_with_config_scope(record, event)
        if not answer.get("error"):
            return
    if target := config.get(_QUEUE, {}).get("TargetArn"):
        lambda_svc._route_async_failure(target, name, event, answer)


def _with_queue(made: Any, properties: dict[str, Any]) -> Any:
    name, _ = made
    if queue := properties.get(_QUEUE):
        lambda_svc._functions[name]["config"][_QUEUE] = queue
    return made
