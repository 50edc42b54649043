"""The state machine retries transient errors, and cleans up after and reports all others."""

import inspect
import json
from typing import Any

from cdk.retraining.steps import state_name
from modelfleet.evaluation.gate import Decision
from modelfleet.release.lock import HOLD
from modelfleet.release.requests import VALIDATE_REQUEST
from modelfleet.resource_names import StackPart
from modelfleet.retraining.state import LockOutcome, Phase, Step
from modelfleet.spec import errors
from tests.infrastructure.templates import FleetTemplates

DOMAIN_ERRORS = {
    name
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.ModelfleetError)
}


TOO_WIDE = {"States.ALL", "States.TaskFailed", "Lambda.Unknown", "Exception"}


def _tasks(fleet: FleetTemplates) -> dict[str, dict[str, Any]]:
    states = fleet.machine()["States"]
    return {name: state for name, state in states.items() if state["Type"] == "Task"}


def _steps(fleet: FleetTemplates) -> dict[str, dict[str, Any]]:
    tasks = _tasks(fleet)
    return {step: tasks[state_name(step)] for step in Step if step is not Step.APPROVAL}


def test_every_step_is_a_task(fleet: FleetTemplates) -> None:
    """Each task passes its step and the whole state, and adds the step's result."""
    for step, task in _steps(fleet).items():
        assert task["Arguments"]["Payload"] == {"step": step, "state": "{% $states.input %}"}
        assert f'"{Step(step).result}": $states.result.Payload' in task["Output"]


def test_every_task_has_a_time_limit(fleet: FleetTemplates) -> None:
    """No task waits forever, and neither does the execution."""
    assert fleet.machine()["TimeoutSeconds"] > 0
    for name, task in _tasks(fleet).items():
        if name != state_name(Step.APPROVAL):
            assert 0 < task["TimeoutSeconds"] <= 900


def test_a_version_waits_for_a_person_only_where_the_plan_says_so(fleet: FleetTemplates) -> None:
    """The gate's candidate waits with a token, and an approval that expires ends as rejected."""
    machine = fleet.machine()
    states = machine["States"]
    task = states["Approval"]
    assert task["Resource"].endswith("lambda:invoke.waitForTaskToken")
    assert task["Arguments"]["Payload"]["token"] == "{% $states.context.Task.Token %}"
    assert not {"States.Timeout", "States.ALL"} & {
        name for retry in task["Retry"] for name in retry["ErrorEquals"]
    }
    expired = next(one for one in task["Catch"] if one["ErrorEquals"] == ["States.Timeout"])
    assert (expired["Next"], states["IsApproved"]["Default"]) == ("Finish", "Finish")
    assert task["TimeoutSeconds"] < machine["TimeoutSeconds"]
    needed = json.dumps(sorted(fleet.models) if fleet.stage.name == "prod" else [])
    assert _branches(states["IsApprovalNeeded"]) == {
        f"$states.input.model in {needed} and $not($exists($states.input.approval))": "Approval",
        "otherwise": "SmokeTest",
    }
    assert states["Adopt"]["Next"] == "SmokeTest"


def test_transient_errors_are_retried_with_jitter(fleet: FleetTemplates) -> None:
    """Every step retries throttling, connections and timeouts, with random backoff."""
    wanted = {"Lambda.TooManyRequestsException", "States.Timeout", "ConnectionError"}
    for task in _steps(fleet).values():
        retried = {name for retry in task["Retry"] for name in retry["ErrorEquals"]}
        assert wanted <= retried
        for retry in task["Retry"]:
            assert "Lambda.ResourceNotReadyException" in retry["ErrorEquals"] or (
                retry["JitterStrategy"] == "FULL"
            )
            assert retry["BackoffRate"] > 1
            assert 0 < retry["MaxAttempts"] <= 5


def test_domain_errors_are_never_retried(fleet: FleetTemplates) -> None:
    """No retry includes errors of data or models, or all errors."""
    assert {"DatasetError", "FunctionNotReadyError"} <= DOMAIN_ERRORS
    for task in _tasks(fleet).values():
        retried = {name for retry in task["Retry"] for name in retry["ErrorEquals"]}
        assert not (retried - {"FunctionNotReadyError"}) & (DOMAIN_ERRORS | TOO_WIDE)


def test_every_failure_is_cleaned_up_after_and_reported(fleet: FleetTemplates) -> None:
    """Any error of a step leads to the cleanup, a report on how to resume, and a failed end."""
    states = fleet.machine()["States"]
    reported = ("CleanUp", "RecordRollback", "Notify", "NotifyRejection")
    after = dict.fromkeys(reported, "ReportFailure")
    after |= {"ReportFailure": "Failed", "ReportRefusal": "Failed"}
    after["ValidateRequest"] = "ReportRefusal"
    for name, task in _tasks(fleet).items():
        # An approval that expires is no failure.
        (catch,) = [one for one in task["Catch"] if one["ErrorEquals"] != ["States.Timeout"]]
        assert catch["ErrorEquals"] == ["States.ALL"]
        assert catch["Next"] == after.get(name, "CleanUp")
    assert states["CleanUp"]["Next"] == "IsRolledBack"
    assert _branches(states["IsRolledBack"]) == {
        "$states.input.closed.taken_back != null": "RecordRollback",
        "otherwise": "ReportFailure",
    }
    assert states["RecordRollback"]["Next"] == "ReportFailure"
    report = states["ReportFailure"]
    for said in ("$s.model", "step", "error", "cause", "execution_arn", "fleet release start"):
        assert said in report["Arguments"]["Message"]
    for kept in ("$states.input", "step", "error", "cause"):
        assert kept in states["Train"]["Catch"][0]["Output"]
    assert f"--stage {fleet.stage.name}" in report["Arguments"]["Message"]
    assert states[report["Next"]]["Type"] == "Fail"


def _branches(state: dict[str, Any]) -> dict[str, str]:
    """A choice's branches: the condition, and where it leads."""
    found = {choice["Condition"].strip("{% }"): choice["Next"] for choice in state["Choices"]}
    return found | {"otherwise": state["Default"]}


def test_the_gate_decides_what_happens(fleet: FleetTemplates) -> None:
    """A blocked candidate fails before it is registered; a kept one never serves traffic."""
    states = fleet.machine()["States"]
    decision = "$states.input.evaluated.verdict.decision"
    assert states["Evaluate"]["Next"] == "IsBlocked"
    blocked = {f"{decision} = '{Decision.BLOCK}'": "CandidateBlocked", "otherwise": "Register"}
    assert _branches(states["IsBlocked"]) == blocked
    assert states["CandidateBlocked"]["Next"] == "CleanUp"
    assert states["Register"]["Next"] == "IsPromoted"
    needed = "IsApprovalNeeded"
    promoted = {f"{decision} = '{Decision.PROMOTE}'": needed, "otherwise": "Finish"}
    assert _branches(states["IsPromoted"]) == promoted


def test_a_release_advances_share_by_share(fleet: FleetTemplates) -> None:
    """Each share waits and is judged before the next, and a worse version is rolled back."""
    states = fleet.machine()["States"]
    phase = "$states.input.trial.phase"
    assert states["SmokeTest"]["Next"] == "ShiftTraffic"
    assert states["ShiftTraffic"]["Next"] == "IsShifted"
    assert _branches(states["IsShifted"]) == {
        f"{phase} = '{Phase.FINISH}'": "Promote",
        f"{phase} = '{Phase.ROLL_BACK}'": "RolledBack",
        "otherwise": "WaitForTraffic",
    }
    assert states["WaitForTraffic"]["Next"] == "CheckTrial"
    assert _branches(states["IsChecked"]) == {
        f"{phase} = '{Phase.ADVANCE}'": "ShiftTraffic",
        f"{phase} = '{Phase.ROLL_BACK}'": "RolledBack",
        "otherwise": "WaitForTraffic",
    }
    assert states["RolledBack"]["Next"] == "CleanUp"
    assert [states[name]["Next"] for name in ("Promote", "Record")] == ["Record", "Finish"]


def test_one_execution_at_a_time_changes_a_model(fleet: FleetTemplates) -> None:
    """Every step needs the lock, and an execution without it waits or ends."""
    states = fleet.machine()["States"]
    outcome = "$states.input.locked.outcome"
    assert states["Lock"]["Next"] == "IsLocked"
    assert _branches(states["IsLocked"]) == {
        f"{outcome} = '{LockOutcome.HELD}'": "IsWorkDone",
        f"{outcome} = '{LockOutcome.WAIT}'": "WaitForLock",
        "otherwise": "Busy",
    }
    assert states["WaitForLock"]["Next"] == "Lock"
    assert _branches(states["IsWorkDone"]) == {
        "$states.input.version != null": "Adopt",
        "$exists($states.input.registered)": "IsPromoted",
        "$exists($states.input.trained)": "Evaluate",
        "$exists($states.input.prepared)": "IsUnchanged",
        "otherwise": "Prepare",
    }
    assert states["Adopt"]["Next"] == "SmokeTest"


def test_a_lock_outlives_every_execution(fleet: FleetTemplates) -> None:
    """A lock expires only after its execution must have ended."""
    assert fleet.machine()["TimeoutSeconds"] < HOLD.total_seconds()


def test_a_release_fits_into_an_execution(fleet: FleetTemplates) -> None:
    """All waits of a release together leave room in the timeout of an execution."""
    plan = fleet.stage.release
    waits = len(plan.shares) * (1 + plan.waits_maximum) * plan.wait_seconds
    assert waits <= fleet.machine()["TimeoutSeconds"] * 0.7


def test_the_first_state_validates_the_request(fleet: FleetTemplates) -> None:
    """Only what the release function returns reaches the next state."""
    machine = fleet.machine()
    first = machine["States"][machine["StartAt"]]
    payload = {
        "action": VALIDATE_REQUEST,
        "request": "{% $states.input %}",
        "execution_arn": "{% $states.context.Execution.Id %}",
    }
    assert first["Arguments"]["Payload"] == payload
    assert first["Output"].startswith("{% $merge([$states.result.Payload, {")
    assert "$states.context.Execution.Name" in first["Output"]
    for output in (first["Output"], first["Catch"][0]["Output"]):
        assert "$states.input" not in output
    assert first["Next"] == "Lock"
    others = [state for name, state in machine["States"].items() if name != "ValidateRequest"]
    assert all(state.get("Next") != "ValidateRequest" for state in others)


def test_cloud_executions_are_logged_and_traced(cloud_fleet: FleetTemplates) -> None:
    """In AWS the machine logs each state without the data, and sends traces."""
    (machine,) = cloud_fleet.properties(StackPart.RETRAINING, "AWS::StepFunctions::StateMachine")
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}
