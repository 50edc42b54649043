"""The engine's calls of functions that nobody waits for: tried again, and kept when they fail.

MiniStack's rules and schedules call a function once and forget it, whatever becomes of the call,
and its CloudFormation leaves a function's dead-letter queue out.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.services import eventbridge, lambda_svc
from ministack.services.cloudformation import provisioners

from cli.local_cloud.state.journal import Journal

_QUEUE = "DeadLetterConfig"
_RETRIES = 2
_PAUSE_SECONDS = 1.0
_log = logging.getLogger("calls")


def keep_calls(
    replace: Callable[[ModuleType, str, Callable[..., Any]], None], journal: Journal
) -> None:
    """Make it so; `replace` puts a function in the place of one of the engine's.

    A call is in the journal until it is answered, or given up.
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


def resume(journal: Journal) -> None:
    """Make the calls again that an earlier process was making when it ended."""
    for number, (arn, payload) in journal.left.items():
        _begin(journal, number, arn, payload)


def _begin(journal: Journal, number: int, arn: str, payload: str) -> None:
    def call_to_the_end() -> None:
        try:
            _call(arn, json.loads(payload))
        finally:
            journal.done([number])

    spawn_background(call_to_the_end, thread_name="call")


def _call(arn: str, event: Mapping[str, Any]) -> None:
    """Call a function as Lambda does where nobody waits: again if it fails, then to its queue."""
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        _log.error("the function %s of a rule or a schedule does not exist", name)
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
