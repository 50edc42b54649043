"""What starts the state machine and the release function: schedules, rules and alarms."""

import json
from typing import Any

from ministack.services import eventbridge

from modelfleet.catalogue import catalogue
from modelfleet.release.requests import ALARM_CHANGE, SHIFT_SHARES, STATUS_CHANGE
from modelfleet.resource_names import StackPart, model_of_trial_alarm
from modelfleet.retraining.state import RetrainingRequest, Trigger
from tests.infrastructure.templates import FleetTemplates


def test_aborted_executions_are_cleaned_up_after(fleet: FleetTemplates) -> None:
    """Executions that failed, were aborted or timed out reach the release function."""
    rule = _rule(fleet, "aborted-executions")
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.states"]
    assert pattern["detail-type"] == [STATUS_CHANGE]
    assert pattern["detail"]["status"] == ["ABORTED", "TIMED_OUT", "FAILED"]
    machines = fleet.resources(StackPart.RETRAINING, "AWS::StepFunctions::StateMachine")
    assert pattern["detail"]["stateMachineArn"] == [{"Ref": name} for name in machines]
    assert _target(fleet, rule) == fleet.stage.resource("release")


def test_a_challenger_that_fails_loses_its_share(fleet: FleetTemplates) -> None:
    """Each model has an alarm on its challenger only, and the rule matches these alarms."""
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
    named = [alarm["AlarmName"] for alarm in alarms]
    matched = [name for name in named if _matches(rule["EventPattern"], name)]
    assert matched == named
    stage = fleet.stage.name
    others = ("telecom-p99-over-2s", "telecom-challenger-fails-2")
    names = [fleet.stage.resource(each) for each in others]
    names += [each.replace(f"-{stage}-", "-elsewhere-") for each in named]
    assert [name for name in names if _matches(rule["EventPattern"], name)] == []
    assert rule["EventPattern"]["detail"]["state"] == {"value": ["ALARM"]}
    assert _target(fleet, rule) == fleet.stage.resource("release")


def _matches(pattern: dict[str, Any], alarm: str) -> bool:
    """Whether the local engine, which follows EventBridge, passes this alarm's event on."""
    event = {
        "Source": "aws.cloudwatch",
        "DetailType": ALARM_CHANGE,
        "Detail": json.dumps({"alarmName": alarm, "state": {"value": "ALARM"}}),
    }
    view = eventbridge._pattern_event_view(event)
    return bool(eventbridge._matches_pattern_view(json.dumps(pattern), view))


def test_bandits_have_a_clock(fleet: FleetTemplates) -> None:
    """The release function is called regularly to update the shares."""
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


def test_each_model_has_its_schedule(fleet: FleetTemplates) -> None:
    """Every model is retrained at the time in its spec, in UTC, with the trigger `schedule`."""
    schedules = fleet.properties(StackPart.RETRAINING, "AWS::Scheduler::Schedule")
    wanted = {(model, spec.retraining_schedule) for model, spec in catalogue().items()}
    found = {(_request(s).model, s["ScheduleExpression"]) for s in schedules}
    assert found == wanted
    for schedule in schedules:
        assert _request(schedule).trigger is Trigger.SCHEDULE
        assert schedule["ScheduleExpressionTimezone"] == "Etc/UTC"
        # Most models have the same time; their retrainings do not all start at once.
        assert schedule["FlexibleTimeWindow"]["MaximumWindowInMinutes"] == 240


def _request(schedule: dict[str, Any]) -> RetrainingRequest:
    return RetrainingRequest.model_validate_json(schedule["Target"]["Input"])


def test_an_undelivered_start_is_retried_and_kept(fleet: FleetTemplates) -> None:
    """Schedules retry, then use a dead-letter queue."""
    for schedule in fleet.properties(StackPart.RETRAINING, "AWS::Scheduler::Schedule"):
        assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] > 0
        assert schedule["Target"]["DeadLetterConfig"]["Arn"]
