"""The engine's calls of functions that nobody waits for: tried again, and kept when they fail.

MiniStack's rules and schedules call a function once and forget it, whatever becomes of the call,
and its CloudFormation leaves a function's dead-letter queue out.
"""

import json
import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ministack.services import eventbridge, lambda_svc
from ministack.services.cloudformation import provisioners

_QUEUE = "DeadLetterConfig"
_log = logging.getLogger("calls")


def keep_failed_calls(replace: Callable[[ModuleType, str, Callable[..., Any]], None]) -> None:
    """Make it so; `replace` puts a function in the place of one of the engine's."""
    replace(eventbridge, "_dispatch_to_lambda", _call)
    functions = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create, update = functions["create"], functions["update"]

    def created(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        return _with_queue(create(logical_id, properties, stack), properties)

    def updated(
        name: str, old: dict[str, Any], new: dict[str, Any], *rest: Any, **more: Any
    ) -> Any:
        return _with_queue(update(name, old, new, *rest, **more), new)

    functions |= {"create": created, "update": updated}


def _call(arn: str, payload: str) -> None:
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        _log.error("the function %s of a rule or a schedule does not exist", name)
        return
    record = lambda_svc._execution_record_for_config(function, config)
    lambda_svc.invoke_async_with_retry(record, json.loads(payload))


def _with_queue(made: Any, properties: dict[str, Any]) -> Any:
    name, _ = made
    if queue := properties.get(_QUEUE):
        lambda_svc._functions[name]["config"][_QUEUE] = queue
    return made
