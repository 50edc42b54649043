"""Executions of the retraining machine: started, followed, told."""

import json
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.domain.deployment import Output
from modelfleet.domain.messages import CANDIDATE_BLOCKED, RetrainingRequest

_POLL_SECONDS = 0.5
_LISTED = 50
_RUNNING = "RUNNING"
_SUCCEEDED = "SUCCEEDED"


@dataclass(frozen=True)
class Execution:
    """One run of the machine. `state` is the state it is in, or the last one it was in."""

    arn: str
    model: str
    status: str
    state: str
    output: dict[str, Any]
    reason: str

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.status == _RUNNING

    @property
    def succeeded(self) -> bool:
        """Whether it came to a good end."""
        return self.status == _SUCCEEDED

    @property
    def blocked(self) -> bool:
        """Whether the gate let its candidate neither serve nor be registered."""
        return self.reason.startswith(CANDIDATE_BLOCKED)

    @property
    def kept(self) -> str | None:
        """The version that it registered and did not release."""
        registered = self.output.get("registered")
        return registered["version"] if registered and not self.champion else None

    @property
    def champion(self) -> str | None:
        """The version that serves after it, where it released one."""
        released = self.output.get("released")
        return released["champion"] if released else None


def start(cloud: Cloud, request: RetrainingRequest) -> str:
    """Start an execution and answer its ARN."""
    answer = cloud.client("stepfunctions").start_execution(
        stateMachineArn=cloud.output(Output.STATE_MACHINE_ARN),
        input=request.model_dump_json(),
    )
    return str(answer["executionArn"])


def started(cloud: Cloud, model: str, known: Collection[str] = ()) -> list[str]:
    """The ARNs of a model's latest executions, newest first, without those that are known."""
    client = cloud.client("stepfunctions")
    listed = client.list_executions(
        stateMachineArn=cloud.output(Output.STATE_MACHINE_ARN), maxResults=_LISTED
    )
    fresh = [each["executionArn"] for each in listed["executions"]]
    return [arn for arn in fresh if arn not in known and _model_of(client, arn) == model]


class _Asked(BaseModel):
    """As much of an execution's input as says whose it is."""

    model: str


def _model_of(client: Any, arn: str) -> str | None:
    asked = client.describe_execution(executionArn=arn).get("input") or "{}"
    try:
        return _Asked.model_validate_json(asked).model
    except ValidationError:
        # It may be anything, nested as deeply as it likes: the machine has refused it.
        return None


def look(cloud: Cloud, arn: str, model: str) -> Execution:
    """Read what an execution is doing."""
    client = cloud.client("stepfunctions")
    found = client.describe_execution(executionArn=arn)
    return Execution(
        arn=arn,
        model=model,
        status=found["status"],
        state=_last_state(client, arn),
        output=json.loads(found.get("output") or "{}"),
        reason=": ".join(filter(None, (found.get("error"), found.get("cause")))),
    )


def follow(cloud: Cloud, arn: str, model: str) -> Iterator[Execution]:
    """Every change of an execution until its end, the end included."""
    seen: Execution | None = None
    while True:
        execution = look(cloud, arn, model)
        if execution != seen:
            yield execution
        if not execution.running:
            return
        seen = execution
        time.sleep(_POLL_SECONDS)


def run_all(
    cloud: Cloud,
    requests: list[RetrainingRequest],
    *,
    at_once: int,
    on_change: Callable[[Execution], None],
) -> list[Execution]:
    """Run one execution per request, so many at once, and answer how each ended."""
    waiting, running, ended = list(requests), dict[str, Execution | None](), []
    models: dict[str, str] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            request = waiting.pop(0)
            arn = start(cloud, request)
            running[arn], models[arn] = None, request.model
        for arn, seen in list(running.items()):
            execution = look(cloud, arn, models[arn])
            if execution != seen:
                on_change(execution)
            running[arn] = execution
            if not execution.running:
                ended.append(running.pop(arn) or execution)
        time.sleep(_POLL_SECONDS)
    return ended


def force_hint(model: str) -> str:
    """What to type to release a candidate whatever its comparison with the champion says."""
    return f"release it all the same: fleet retrain {model} --force --wait"


def require_success(execution: Execution) -> Execution:
    """Answer the execution.

    Raises
    ------
    FleetError
        If it did not succeed; the text says what failed and how to go on.
    """
    if execution.succeeded:
        return execution
    if execution.blocked:
        raise FleetError(
            f"{execution.model}: the gate blocked the candidate, and what served still does. "
            f"{execution.reason}\nwhere nothing but the champion speaks against it, "
            f"{force_hint(execution.model)}"
        )
    raise FleetError(
        f"retraining of {execution.model} ended as {execution.status} after {execution.state}: "
        f"{execution.reason}\nlook at: fleet logs {execution.model} --function train, and fleet "
        f"history {execution.model}; then again: fleet retrain {execution.model} --wait"
    )


def _last_state(client: Any, arn: str) -> str:
    events = client.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=50)
    for event in events["events"]:
        if entered := event.get("stateEnteredEventDetails"):
            return str(entered["name"])
    return "start"
