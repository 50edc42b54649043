"""Every model is watched by the clock, failed runs are kept, and decisions are acted upon."""

import json
from typing import Any

from cdk.constructs.drift_schedule import failed_runs_name
from modelfleet.domain.deployment import StackPart, drift_function
from modelfleet.domain.watch_requests import DRIFT_FOUND, PERFORMANCE_DEGRADED, WatchRequest
from modelfleet.settings import EVENT_SOURCE, DriftSettings, variable
from models.catalogue import catalogue
from tests.infrastructure.templates import FleetTemplates, as_list, texts
from tests.infrastructure.watched import alarmed_values

PART = StackPart.WATCHING


def _schedules(fleet: FleetTemplates) -> dict[str, dict[str, Any]]:
    found = fleet.properties(PART, "AWS::Scheduler::Schedule")
    return {json.loads(each["Target"]["Input"])["model"]: each for each in found}


def _rule(fleet: FleetTemplates, name: str) -> dict[str, Any]:
    rules = {each["Name"]: each for each in fleet.properties(PART, "AWS::Events::Rule")}
    return rules[fleet.stage.resource(name)]


def _failed_runs(fleet: FleetTemplates) -> str:
    """The logical id of the queue that keeps what failed."""
    ((name, queue),) = fleet.resources(PART, "AWS::SQS::Queue").items()
    assert queue["Properties"]["QueueName"] == failed_runs_name(fleet.stage)
    return name


def test_every_model_is_watched_at_two_in_the_morning(fleet: FleetTemplates) -> None:
    """There is one enabled schedule a model, at the time of UTC that its spec names."""
    found = _schedules(fleet)
    assert set(found) == set(catalogue())
    for model, schedule in found.items():
        assert schedule["ScheduleExpression"] == catalogue()[model].drift_schedule
        assert schedule["ScheduleExpression"] == "cron(0 2 * * ? *)"
        assert schedule["ScheduleExpressionTimezone"] == "Etc/UTC"
        assert schedule.get("State", "ENABLED") == "ENABLED"


def test_a_schedule_calls_its_own_models_function(fleet: FleetTemplates) -> None:
    """What the schedule sends is a request that the function can read, for whole hours."""
    functions = fleet.resources(PART, "AWS::Lambda::Function")
    for model, schedule in _schedules(fleet).items():
        request = WatchRequest.model_validate_json(schedule["Target"]["Input"])
        assert (request.model, request.whole_hours) == (model, True)
        target = functions[schedule["Target"]["Arn"]["Fn::GetAtt"][0]]["Properties"]
        assert target["FunctionName"] == drift_function(fleet.stage.name, model)


def test_a_start_that_is_not_delivered_is_tried_again_and_kept(fleet: FleetTemplates) -> None:
    """The scheduler tries three times more, gives up before the next run, and keeps the event."""
    queue = _failed_runs(fleet)
    for schedule in _schedules(fleet).values():
        target = schedule["Target"]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] == 3
        assert 0 < target["RetryPolicy"]["MaximumEventAgeInSeconds"] < 24 * 3600
        assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": [queue, "Arn"]}


def test_a_run_that_fails_to_the_end_is_kept(fleet: FleetTemplates) -> None:
    """A function that raises at every try leaves its event in the same queue, for 14 days."""
    queue = _failed_runs(fleet)
    for model in catalogue():
        function = fleet.functions()[drift_function(fleet.stage.name, model)]
        assert function["DeadLetterConfig"]["TargetArn"] == {"Fn::GetAtt": [queue, "Arn"]}
    kept = fleet.resources(PART, "AWS::SQS::Queue")[queue]["Properties"]
    assert kept["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_somebody_hears_of_a_run_that_failed(told_fleet: FleetTemplates) -> None:
    """The queue of failed runs has an alarm: what is kept there wants a person."""
    waiting = ("ApproximateNumberOfMessagesVisible", failed_runs_name(told_fleet.stage))
    assert waiting in alarmed_values(told_fleet)


def test_a_decision_to_retrain_starts_the_machine_with_its_evidence(fleet: FleetTemplates) -> None:
    """Only this stage's decisions to retrain do, and the event's own request is the input."""
    rule = _rule(fleet, "retrain-after-drift")
    pattern = rule["EventPattern"]
    assert pattern["source"] == [EVENT_SOURCE]
    assert pattern["detail-type"] == [DRIFT_FOUND, PERFORMANCE_DEGRADED]
    assert pattern["detail"] == {"stage": [fleet.stage.name], "action": ["retrain"]}
    (target,) = rule["Targets"]
    assert target["InputPath"] == "$.detail.retraining"
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 3


def test_a_decision_that_cannot_be_delivered_is_kept(fleet: FleetTemplates) -> None:
    """Whatever neither the machine nor the topic takes is beside the runs that failed."""
    queue = {"Fn::GetAtt": [_failed_runs(fleet), "Arn"]}
    for name in ("retrain-after-drift", "tell-of-drift"):
        (target,) = _rule(fleet, name)["Targets"]
        assert target["DeadLetterConfig"]["Arn"] == queue


def test_people_hear_of_warnings_and_retrainings(fleet: FleetTemplates) -> None:
    """Either reaches the topic, in words, with the link and the commands that come next."""
    rule = _rule(fleet, "tell-of-drift")
    assert set(rule["EventPattern"]["detail"]["action"]) == {"warn", "retrain"}
    (target,) = rule["Targets"]
    template = target["InputTransformer"]["InputTemplate"]
    assert {"$.detail.headline", "$.detail.because", "$.detail.link"} <= set(
        target["InputTransformer"]["InputPathsMap"].values()
    )
    assert "fleet report" in template
    assert "fleet alerts ack" in template


def test_a_function_reaches_its_own_model_alone(fleet: FleetTemplates) -> None:
    """It reads and writes below its model's name, and changes no release, model or prediction."""
    for model in catalogue():
        statements = fleet.statements(PART, drift_function(fleet.stage.name, model))
        actions = {action for s in statements for action in as_list(s["Action"])}
        assert not [a for a in actions if a.startswith(("s3:Delete", "lambda:", "states:"))]
        written = _prefixes(statements, "s3:PutObject")
        assert written == {f"/reports/{model}/*", f"/watching/{model}.json"}
        for prefix in _prefixes(statements, "s3:GetObject"):
            assert model in prefix


def test_a_function_is_told_its_settings_exactly(fleet: FleetTemplates) -> None:
    """The environment's keys are the settings' fields, no more and no less."""
    for model in catalogue():
        function = fleet.functions()[drift_function(fleet.stage.name, model)]
        values = function["Environment"]["Variables"]
        assert set(values) == {variable(name) for name in DriftSettings.__dataclass_fields__}
        assert values[variable("model")] == model


def _prefixes(statements: list[dict[str, Any]], action: str) -> set[str]:
    return {
        text
        for statement in statements
        if action in as_list(statement["Action"])
        for text in texts(statement["Resource"])
        if text.startswith("/")
    }
