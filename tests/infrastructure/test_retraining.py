"""The state machine tries again what waiting can cure, and reports the rest."""

import inspect
import json
from typing import Any

import pytest

from cdk.constructs.retraining_steps import state_name
from modelfleet.catalogue import catalogue
from modelfleet.domain import errors
from modelfleet.domain.deployment import Output, StackPart, model_of_trial_alarm, predict_function
from modelfleet.domain.gate import Decision
from modelfleet.domain.messages import LockOutcome, Phase, RetrainingRequest, Step, Trigger
from modelfleet.domain.release_requests import (
    ALARM_CHANGE,
    SHIFT_SHARES,
    STATUS_CHANGE,
    VALIDATE_REQUEST,
)
from modelfleet.pipelines.lock import HOLD
from modelfleet.settings import ReleaseSettings, Settings, TrainSettings, variable
from tests.infrastructure.templates import FleetTemplates, as_list, joined, texts

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
    return {step: tasks[state_name(step)] for step in Step}


def test_every_step_is_a_task_that_says_what_it_is(fleet: FleetTemplates) -> None:
    """Each step's task passes its own name and the whole state, and keeps what it is answered."""
    for step, task in _steps(fleet).items():
        assert task["Arguments"]["Payload"] == {"step": step, "state": "{% $states.input %}"}
        assert f'"{Step(step).result}": $states.result.Payload' in task["Output"]


def test_every_task_has_a_time_limit(fleet: FleetTemplates) -> None:
    """No task waits for ever, and neither does the execution."""
    assert fleet.machine()["TimeoutSeconds"] > 0
    for task in _tasks(fleet).values():
        assert 0 < task["TimeoutSeconds"] <= 900


def test_transient_errors_are_tried_again_with_jitter(fleet: FleetTemplates) -> None:
    """Every step retries throttling, connections and timeouts, backing off at random."""
    wanted = {"Lambda.TooManyRequestsException", "States.Timeout", "ConnectionError"}
    for task in _steps(fleet).values():
        retried = {name for retry in task["Retry"] for name in retry["ErrorEquals"]}
        assert wanted <= retried
        for retry in task["Retry"]:
            assert retry["JitterStrategy"] == "FULL"
            assert retry["BackoffRate"] > 1
            assert 0 < retry["MaxAttempts"] <= 5


def test_domain_errors_are_never_tried_again(fleet: FleetTemplates) -> None:
    """What is wrong with the data or the model stays wrong: no retry names it, or everything."""
    assert "DatasetError" in DOMAIN_ERRORS
    for task in _tasks(fleet).values():
        retried = {name for retry in task["Retry"] for name in retry["ErrorEquals"]}
        assert not retried & (DOMAIN_ERRORS | TOO_WIDE)


def test_every_failure_is_cleaned_up_after_and_reported(fleet: FleetTemplates) -> None:
    """Whatever a step raises is cleaned up after, then reported with how to go on, then fails."""
    states = fleet.machine()["States"]
    after = dict.fromkeys(("CleanUp", "RecordRollback", "Notify"), "ReportFailure")
    after |= {"ReportFailure": "Failed", "ReportRefusal": "Failed"}
    after["ValidateRequest"] = "ReportRefusal"
    for name, task in _tasks(fleet).items():
        (catch,) = task["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"]
        assert catch["Next"] == after.get(name, "CleanUp")
    assert states["CleanUp"]["Next"] == "IsTakenBack"
    assert _ways(states["IsTakenBack"]) == {
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


def _ways(state: dict[str, Any]) -> dict[str, str]:
    """A choice's ways: what its condition names, and where it leads."""
    found = {choice["Condition"].strip("{% }"): choice["Next"] for choice in state["Choices"]}
    return found | {"otherwise": state["Default"]}


def test_the_gate_decides_what_happens(fleet: FleetTemplates) -> None:
    """A blocked candidate fails before it is registered; a kept one is never tried out."""
    states = fleet.machine()["States"]
    decision = "$states.input.evaluated.verdict.decision"
    assert states["Evaluate"]["Next"] == "IsBlocked"
    blocked = {f"{decision} = '{Decision.BLOCK}'": "CandidateBlocked", "otherwise": "Register"}
    assert _ways(states["IsBlocked"]) == blocked
    assert states["CandidateBlocked"]["Next"] == "CleanUp"
    assert states["Register"]["Next"] == "IsPromoted"
    promoted = {f"{decision} = '{Decision.PROMOTE}'": "Smoke", "otherwise": "Close"}
    assert _ways(states["IsPromoted"]) == promoted


def test_a_release_goes_a_share_at_a_time(fleet: FleetTemplates) -> None:
    """Each share is waited on and judged before the next, and what is worse is taken back."""
    states = fleet.machine()["States"]
    phase = "$states.input.rollout.phase"
    assert states["Smoke"]["Next"] == "Widen"
    assert states["Widen"]["Next"] == "IsWidened"
    assert _ways(states["IsWidened"]) == {
        f"{phase} = '{Phase.FINISH}'": "Release",
        f"{phase} = '{Phase.ROLL_BACK}'": "RolledBack",
        "otherwise": "WaitForTraffic",
    }
    assert states["WaitForTraffic"]["Next"] == "Judge"
    assert _ways(states["IsJudged"]) == {
        f"{phase} = '{Phase.ADVANCE}'": "Widen",
        f"{phase} = '{Phase.ROLL_BACK}'": "RolledBack",
        "otherwise": "WaitForTraffic",
    }
    assert states["RolledBack"]["Next"] == "CleanUp"
    assert [states[name]["Next"] for name in ("Release", "Record")] == ["Record", "Close"]


def test_one_execution_at_a_time_changes_a_model(fleet: FleetTemplates) -> None:
    """Nothing is done without the lock, and whoever cannot have it waits or goes."""
    states = fleet.machine()["States"]
    outcome = "$states.input.locked.outcome"
    assert states["Lock"]["Next"] == "IsLocked"
    assert _ways(states["IsLocked"]) == {
        f"{outcome} = '{LockOutcome.HELD}'": "IsVersionGiven",
        f"{outcome} = '{LockOutcome.WAIT}'": "WaitForLock",
        "otherwise": "Busy",
    }
    assert states["WaitForLock"]["Next"] == "Lock"
    given = {"$states.input.version != null": "Adopt", "otherwise": "Prepare"}
    assert _ways(states["IsVersionGiven"]) == given
    assert states["Adopt"]["Next"] == "Smoke"


def test_what_is_ended_by_force_is_cleaned_up_after(fleet: FleetTemplates) -> None:
    """Executions of this machine that were aborted or timed out reach the release function."""
    rule = _rule(fleet, "aborted-executions")
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.states"]
    assert pattern["detail-type"] == [STATUS_CHANGE]
    assert pattern["detail"]["status"] == ["ABORTED", "TIMED_OUT", "FAILED"]
    machines = fleet.resources(StackPart.RETRAINING, "AWS::StepFunctions::StateMachine")
    assert pattern["detail"]["stateMachineArn"] == [{"Ref": name} for name in machines]
    assert _target(fleet, rule) == fleet.stage.resource("release")


def test_a_challenger_that_fails_loses_its_share(fleet: FleetTemplates) -> None:
    """Each model has an alarm on its challenger alone, and the rule knows them by their names."""
    alarms = fleet.properties(StackPart.RETRAINING, "AWS::CloudWatch::Alarm")
    by_model = {
        model_of_trial_alarm(fleet.stage.name, alarm["AlarmName"]): alarm for alarm in alarms
    }
    assert set(by_model) == set(catalogue())
    for model, alarm in by_model.items():
        assert (alarm["MetricName"], alarm["Statistic"]) == ("challenger_failures", "Sum")
        assert alarm["Dimensions"] == [{"Name": "model", "Value": model}]
        assert alarm["TreatMissingData"] == "notBreaching"
    rule = _rule(fleet, "failing-challengers")
    assert rule["EventPattern"]["detail-type"] == [ALARM_CHANGE]
    assert set(rule["EventPattern"]["detail"]["alarmName"]) == {a["AlarmName"] for a in alarms}
    assert rule["EventPattern"]["detail"]["state"] == {"value": ["ALARM"]}
    assert _target(fleet, rule) == fleet.stage.resource("release")


def test_bandits_have_a_clock(fleet: FleetTemplates) -> None:
    """The release function is asked to move the shares again and again."""
    rule = _rule(fleet, "bandits")
    assert rule["ScheduleExpression"].startswith("rate(")
    assert json.loads(rule["Targets"][0]["Input"]) == {"action": SHIFT_SHARES}
    assert _target(fleet, rule) == fleet.stage.resource("release")


def _rule(fleet: FleetTemplates, name: str) -> dict[str, Any]:
    rules = fleet.properties(StackPart.RETRAINING, "AWS::Events::Rule")
    (found,) = [rule for rule in rules if rule["Name"] == fleet.stage.resource(name)]
    return found


def _target(fleet: FleetTemplates, rule: dict[str, Any]) -> str:
    (target,) = rule["Targets"]
    found = fleet.resources(StackPart.RETRAINING, "AWS::Lambda::Function")
    return str(found[target["Arn"]["Fn::GetAtt"][0]]["Properties"]["FunctionName"])


def test_a_lock_outlives_every_execution(fleet: FleetTemplates) -> None:
    """A lock is only taken over by its age when its execution must have ended."""
    assert fleet.machine()["TimeoutSeconds"] < HOLD.total_seconds()


def test_a_release_fits_into_an_execution(fleet: FleetTemplates) -> None:
    """All waits of a release leave room in the time that an execution has."""
    plan = fleet.stage.release
    waits = len(plan.shares) * (1 + plan.waits_maximum) * plan.wait_seconds
    assert waits <= fleet.machine()["TimeoutSeconds"] * 0.7


def test_the_first_state_validates_the_request(fleet: FleetTemplates) -> None:
    """Of the input, only what the release function gives back reaches the next state."""
    machine = fleet.machine()
    first = machine["States"][machine["StartAt"]]
    payload = {"action": VALIDATE_REQUEST, "request": "{% $states.input %}"}
    assert first["Arguments"]["Payload"] == payload
    assert first["Output"].startswith("{% $merge([$states.result.Payload, {")
    assert "$states.context.Execution.Name" in first["Output"]
    for output in (first["Output"], first["Catch"][0]["Output"]):
        assert "$states.input" not in output
    assert first["Next"] == "Lock"
    others = [state for name, state in machine["States"].items() if name != "ValidateRequest"]
    assert all(state.get("Next") != "ValidateRequest" for state in others)


@pytest.mark.parametrize(
    ("unit", "settings"), [("train", TrainSettings), ("release", ReleaseSettings)]
)
def test_functions_are_told_their_settings_exactly(
    fleet: FleetTemplates, unit: str, settings: type[Settings]
) -> None:
    """The environment's keys are the settings' fields, no more and no less."""
    values = fleet.functions()[fleet.stage.resource(unit)]["Environment"]["Variables"]
    assert set(values) == {variable(name) for name in settings.__dataclass_fields__}


def test_the_database_is_entered_without_a_password(cloud_fleet: FleetTemplates) -> None:
    """In AWS the train function gets an address without password, and makes IAM tokens."""
    values = cloud_fleet.functions()[cloud_fleet.stage.resource("train")]["Environment"]
    uri = joined(values["Variables"][variable("tracking_uri")])
    assert uri == "postgresql+psycopg://mlflow@<reference>:5432/mlflow?sslmode=require"
    assert values["Variables"][variable("database_iam_authentication")] == "true"
    assert "rds-db:connect" in _actions(cloud_fleet, "train")


def test_only_the_function_that_needs_the_database_is_in_the_network(
    cloud_fleet: FleetTemplates,
) -> None:
    """Train and what upgrades its tables sit in the isolated subnets; nothing else does."""
    inside = {name for name, value in cloud_fleet.functions().items() if "VpcConfig" in value}
    assert inside == {cloud_fleet.stage.resource(name) for name in ("train", "schema")}


def test_train_cannot_move_a_release(fleet: FleetTemplates) -> None:
    """The train function writes candidates and versions, and reads pointers at most."""
    written = _prefixes(fleet, "train", "s3:PutObject")
    lake = {"/datasets/*", "/quarantine/*"}
    assert written == {"/staging/*", "/models/*", "/mlflow/*", "/aliases/*", *lake}
    assert "/releases/*" in _prefixes(fleet, "train", "s3:GetObject")


def test_release_writes_pointers_alone(fleet: FleetTemplates) -> None:
    """The release function changes what serves and nothing of what it serves."""
    written = _prefixes(fleet, "release", "s3:PutObject")
    assert written == {"/releases/*", "/locks/*", "/history/*", "/trained/*"}


def test_release_calls_predict_functions_by_their_alias_alone(fleet: FleetTemplates) -> None:
    """It may try versions out where callers are answered, and call nothing else."""
    (calls,) = [
        as_list(statement["Resource"])
        for statement in _statements(fleet, "release")
        if as_list(statement["Action"]) == ["lambda:InvokeFunction"]
    ]
    named = {joined(arn).rpartition(":function:")[2] for arn in calls}
    functions = {predict_function(fleet.stage.name, model) for model in catalogue()}
    assert named == {f"{function}:live" for function in functions}


@pytest.mark.parametrize("unit", ["train", "release"])
def test_no_role_may_act_by_wildcard(fleet: FleetTemplates, unit: str) -> None:
    """Every allowed action is spelled out, and no function may delete an object."""
    actions = _actions(fleet, unit)
    assert "s3:GetObject" in actions
    assert not [action for action in actions if "*" in action]
    assert not [action for action in actions if action.startswith("s3:Delete")]


def _statements(fleet: FleetTemplates, unit: str) -> list[dict[str, Any]]:
    return fleet.statements(StackPart.RETRAINING, fleet.stage.resource(unit))


def _actions(fleet: FleetTemplates, unit: str) -> set[str]:
    return {action for s in _statements(fleet, unit) for action in as_list(s["Action"])}


def _prefixes(fleet: FleetTemplates, unit: str, action: str) -> set[str]:
    return {
        text
        for statement in _statements(fleet, unit)
        if action in as_list(statement["Action"])
        for text in texts(statement["Resource"])
        if text.startswith("/")
    }


def test_each_model_has_its_schedule(fleet: FleetTemplates) -> None:
    """Every model is retrained when its own spec says, in UTC, with the trigger `schedule`."""
    schedules = fleet.properties(StackPart.RETRAINING, "AWS::Scheduler::Schedule")
    wanted = {(model, spec.retraining_schedule) for model, spec in catalogue().items()}
    found = {(_request(s).model, s["ScheduleExpression"]) for s in schedules}
    assert found == wanted
    for schedule in schedules:
        assert _request(schedule).trigger is Trigger.SCHEDULE
        assert schedule["ScheduleExpressionTimezone"] == "Etc/UTC"


def _request(schedule: dict[str, Any]) -> RetrainingRequest:
    return RetrainingRequest.model_validate_json(schedule["Target"]["Input"])


def test_a_start_that_cannot_be_delivered_is_kept(fleet: FleetTemplates) -> None:
    """Schedules try again and then hand over to a dead-letter queue."""
    for schedule in fleet.properties(StackPart.RETRAINING, "AWS::Scheduler::Schedule"):
        assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] > 0
        assert schedule["Target"]["DeadLetterConfig"]["Arn"]


def test_cloud_executions_are_logged_and_traced(cloud_fleet: FleetTemplates) -> None:
    """In AWS the machine logs each state without the data, and traces."""
    (machine,) = cloud_fleet.properties(StackPart.RETRAINING, "AWS::StepFunctions::StateMachine")
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_zip_functions_share_layers_in_the_cloud(cloud_fleet: FleetTemplates) -> None:
    """The release function runs as a zip on our published code and on the locked packages."""
    function = cloud_fleet.functions()[cloud_fleet.stage.resource("release")]
    published = cloud_fleet.resources(StackPart.RETRAINING, "AWS::Lambda::LayerVersion")
    assert {layer["Ref"] for layer in function["Layers"]} == set(published)
    assert len(published) == 2
    assert function["Runtime"] == "python3.13"


def test_retraining_says_its_names(fleet: FleetTemplates) -> None:
    """The command finds the machine and its functions among the stack's outputs."""
    assert {Output.STATE_MACHINE_ARN, Output.TRAIN_FUNCTION, Output.RELEASE_FUNCTION} == set(
        fleet.parts[StackPart.RETRAINING]["Outputs"]
    )
