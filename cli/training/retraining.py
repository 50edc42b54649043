"""Executions of the retraining state machine: start, status, and progress."""

import json
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from cli.cloud import Cloud
from cli.output.errors import FleetError
from cli.output.user import user
from modelfleet.pages.text import one_line
from modelfleet.release.requests import read_request
from modelfleet.release.resume import PastExecution, last_output, resume
from modelfleet.resource_names import Output
from modelfleet.retraining.state import CANDIDATE_BLOCKED, ROLLED_BACK, RetrainingRequest, Trigger
from modelfleet.spec.errors import ObjectNotFoundError, RequestError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys

_POLL_SECONDS = 0.5
_LISTED = 50
_DETAIL_LETTERS = 60
_RUNNING = "RUNNING"
_SUCCEEDED = "SUCCEEDED"
_STARTING = "start"
_TRAINING = "Train"
# The states of an execution that has not read the data set yet.
_BEFORE_DATA = frozenset({_STARTING, "ValidateRequest", "Lock", "IsLocked", "WaitForLock"})


@dataclass(frozen=True)
class Execution:
    """An execution of the state machine. `state` is its current or last state.

    `detail` is how far it is within its state, where that is known: the folds of a training.
    """

    arn: str
    model: str
    status: str
    state: str
    output: dict[str, Any]
    reason: str
    detail: str = ""

    @property
    def running(self) -> bool:
        """Whether the execution is running."""
        return self.status == _RUNNING

    @property
    def succeeded(self) -> bool:
        """Whether the execution succeeded."""
        return self.status == _SUCCEEDED

    @property
    def blocked(self) -> bool:
        """Whether the gate blocked the candidate."""
        return self.reason.startswith(CANDIDATE_BLOCKED)

    @property
    def kept(self) -> str | None:
        """Version that was registered but not released, if any."""
        registered = self.output.get("registered")
        return registered["version"] if registered and not self.champion else None

    @property
    def champion(self) -> str | None:
        """Version that was released, if any."""
        released = self.output.get("released")
        return released["champion"] if released else None


def start(cloud: Cloud, request: RetrainingRequest) -> str:
    """Start an execution and return its ARN."""
    response = cloud.client("stepfunctions").start_execution(
        stateMachineArn=cloud.output(Output.STATE_MACHINE_ARN),
        input=request.model_dump_json(),
    )
    return str(response["executionArn"])


def require_resumable(cloud: Cloud, request: RetrainingRequest, arn: str, status: str) -> None:
    """Require that a request can resume an execution, which the state machine would refuse later.

    Raises
    ------
    RequestError
        If it cannot.
    """
    client = cloud.client("stepfunctions")

    def read(token: str | None) -> Any:
        page = {} if token is None else {"nextToken": token}
        return client.get_execution_history(executionArn=arn, reverseOrder=True, **page)

    resume(request, PastExecution(status, last_output(read)))


def start_on_data(cloud: Cloud, spec: ModelSpec, evidence: str) -> str | None:
    """Start the retraining that new rows or outcomes ask for, if the model declares it.

    An execution that still waits for the model's lock will read what was loaded, so none is started
    next to it: many loads are one retraining.

    Returns
    -------
    str or None
        ARN of the execution that will read the rows; `None` if the model does not ask for one.
    """
    if not spec.retrain_on_data:
        return None
    client = cloud.client("stepfunctions")
    running = client.list_executions(
        stateMachineArn=cloud.output(Output.STATE_MACHINE_ARN),
        statusFilter=_RUNNING,
        maxResults=_LISTED,
    )
    for arn in (each["executionArn"] for each in running["executions"]):
        if _model_of(client, arn) == spec.name and _last_state(client, arn) in _BEFORE_DATA:
            return str(arn)
    request = RetrainingRequest(
        model=spec.name, trigger=Trigger.DATA, by=user(), evidence=(evidence,)
    )
    return start(cloud, request)


def started(cloud: Cloud, model: str, known: Collection[str] = ()) -> list[str]:
    """Return the ARNs of a model's latest executions, newest first, except known ones."""
    client = cloud.client("stepfunctions")
    listed = client.list_executions(
        stateMachineArn=cloud.output(Output.STATE_MACHINE_ARN), maxResults=_LISTED
    )
    fresh = [each["executionArn"] for each in listed["executions"]]
    return [arn for arn in fresh if arn not in known and _model_of(client, arn) == model]


def _model_of(client: Any, arn: str) -> str | None:
    text = client.describe_execution(executionArn=arn).get("input") or "{}"
    try:
        return read_request(json.loads(text)).model
    except (ValueError, RecursionError, RequestError):
        # Executions with invalid input are listed too; the state machine has rejected them.
        return None


def describe(cloud: Cloud, arn: str, model: str) -> Execution:
    """Return the current state of an execution."""
    client = cloud.client("stepfunctions")
    found = client.describe_execution(executionArn=arn)
    status, state = found["status"], _last_state(client, arn)
    return Execution(
        arn=arn,
        model=model,
        status=status,
        state=state,
        output=json.loads(found.get("output") or "{}"),
        reason=": ".join(filter(None, (found.get("error"), found.get("cause")))),
        detail=_folds(cloud, arn, model) if (status, state) == (_RUNNING, _TRAINING) else "",
    )


def _folds(cloud: Cloud, arn: str, model: str) -> str:
    """How far a training is: its latest message, nothing before the first."""
    key = keys.training_progress(model, arn.rpartition(":")[2])
    try:
        content = cloud.store(Output.ARTIFACTS_BUCKET).get(key).content
    except ObjectNotFoundError:
        return ""
    return one_line(content.decode(errors="replace"), _DETAIL_LETTERS)


def follow(cloud: Cloud, arn: str, model: str) -> Iterator[Execution]:
    """Yield each change of an execution until it has ended."""
    seen: Execution | None = None
    while True:
        execution = describe(cloud, arn, model)
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
    before: Callable[[str], None] = lambda _: None,
) -> list[Execution]:
    """Run one execution per request, at most `at_once` at a time; return them when all ended.

    `before` is called with each model right before its execution starts, while others are running.
    """
    waiting, running, ended = list(requests), dict[str, Execution | None](), []
    models: dict[str, str] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            request = waiting.pop(0)
            before(request.model)
            arn = start(cloud, request)
            running[arn], models[arn] = None, request.model
        for arn, seen in list(running.items()):
            execution = describe(cloud, arn, models[arn])
            if execution != seen:
                on_change(execution)
            running[arn] = execution
            if not execution.running:
                ended.append(running.pop(arn) or execution)
        time.sleep(_POLL_SECONDS)
    return ended


def force_hint(model: str) -> str:
    """Return a hint on releasing a candidate that is not significantly better."""
    return f"release it anyway with `fleet retrain {model} --force --wait`"


def require_success(execution: Execution) -> Execution:
    """Return the execution if it succeeded.

    Raises
    ------
    FleetError
        If it did not succeed.
    """
    if execution.succeeded:
        return execution
    if execution.blocked:
        raise FleetError(
            f"{execution.model}: the gate blocked the candidate; the champion keeps serving. "
            f"{execution.reason}\nif only the comparison with the champion speaks against it, "
            f"{force_hint(execution.model)}"
        )
    raise FleetError(
        f"retraining {execution.model} ended with status {execution.status} after "
        f"{execution.state}: {execution.reason}\nsee `fleet logs {execution.model} --function "
        f"train` and `fleet history {execution.model}`, then {_next(execution)}"
    )


def _next(execution: Execution) -> str:
    if execution.reason.startswith(ROLLED_BACK):
        return f"train another version with `fleet retrain {execution.model} --force --wait`"
    name = execution.arn.rpartition(":")[2]
    return f"continue with `fleet retrain {execution.model} --resume {name} --wait`"


def _last_state(client: Any, arn: str) -> str:
    events = client.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=50)
    for event in events["events"]:
        if entered := event.get("stateEnteredEventDetails"):
            return str(entered["name"])
    return _STARTING
