"""Events and requests that ask for more than a monitor may."""

import json
import time
from typing import Any

from modelfleet.resource_names import Output
from tests.attack.outcomes import MODEL
from tests.attack.result import Result
from tests.attack.target import Target

_WAIT_SECONDS = 20.0
_FORGED: tuple[dict[str, Any], ...] = (
    {"model": MODEL, "trigger": "drift", "force": True},
    {"model": MODEL, "trigger": "drift", "version": "1"},
    {"model": MODEL, "trigger": "performance", "by": "somebody else"},
    {"model": MODEL, "trigger": "schedule", "force": True},
    {"model": MODEL, "trigger": "drift", "tune": 500},
    {"model": "../other", "trigger": "drift"},
    {"model": MODEL, "trigger": "drift", "evidence": ["{% $states.input %}"] * 10_000},
    {"model": MODEL, "trigger": ["manual"], "force": True},
    {"model": MODEL, "force.$": "$.model"},
    {"model.$": "States.Format('{}', $.x)", "x": MODEL},
)


def forged_requests(target: Target) -> Result:
    """Start retrainings, and put events, that claim what only a person may ask for."""
    result = Result("retrainings that monitors may not start")
    states = target.cloud.client("stepfunctions")
    machine = target.cloud.output(Output.STATE_MACHINE_ARN)
    for forged in target.some(_FORGED):
        started = states.start_execution(stateMachineArn=machine, input=json.dumps(forged))
        result.count += 1
        status = _ended(states, started["executionArn"])
        result.executed += status != "FAILED"
        if status != "FAILED":
            result.notes.append(f"{json.dumps(forged)[:80]}: {status}")
    return result


def _ended(states: Any, execution: str) -> str:
    """How an execution ended; one that goes on has got further than it may."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        status = str(states.describe_execution(executionArn=execution)["status"])
        if status != "RUNNING":
            return status
        if time.monotonic() > deadline:
            states.stop_execution(executionArn=execution)
            return status
        time.sleep(0.5)
