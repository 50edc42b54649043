"""Drift runs are scheduled for every model, failed runs are kept, and decisions are acted on."""

import json
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import pytest
from ministack.services import eventbridge

from modelfleet.bootstrap.release import validate
from modelfleet.catalogue import catalogue
from modelfleet.drift.requests import DriftRequest
from modelfleet.release.requests import read_request
from modelfleet.resource_names import Resource, StackPart, drift_function, event_bus
from modelfleet.retraining.decision_event import DecisionKind
from modelfleet.retraining.state import RetrainingRequest
from modelfleet.settings import EVENT_SOURCE, DriftSettings, variable
from modelfleet.spec.errors import RequestError, UnknownModelError
from tests.infrastructure.monitored import alarmed_values
from tests.infrastructure.templates import FleetTemplates, as_list, joined, texts

PART = StackPart.DRIFT


def _schedules(fleet: FleetTemplates) -> dict[str, dict[str, Any]]:
    found = fleet.properties(PART, "AWS::Scheduler::Schedule")
    return {json.loads(each["Target"]["Input"])["model"]: each for each in found}


def _rule(fleet: FleetTemplates, name: str) -> dict[str, Any]:
    rules = {each["Name"]: each for each in fleet.properties(PART, "AWS::Events::Rule")}
    return rules[fleet.stage.resource(name)]


def _failed_runs(fleet: FleetTemplates) -> str:
    """The logical ID of the queue of failed runs."""
    ((name, queue),) = fleet.resources(PART, "AWS::SQS::Queue").items()
    assert queue["Properties"]["QueueName"] == fleet.stage.resource(Resource.FAILED_DRIFT_RUNS)
    return name


def test_every_model_runs_at_two_in_the_morning(fleet: FleetTemplates) -> None:
    """There is one enabled schedule per model, at the time in its spec, in UTC."""
    found = _schedules(fleet)
    assert set(found) == set(catalogue())
    for model, schedule in found.items():
        assert schedule["ScheduleExpression"] == catalogue()[model].drift_schedule
        assert schedule["ScheduleExpression"] == "cron(0 2 * * ? *)"
        assert schedule["ScheduleExpressionTimezone"] == "Etc/UTC"
        assert schedule.get("State", "ENABLED") == "ENABLED"
        window = schedule["FlexibleTimeWindow"]["MaximumWindowInMinutes"]
        # The latest run after the earliest of the day before, with the longest run.
        function = fleet.functions()[drift_function(fleet.stage.name, model)]
        assert window >= 60
        assert 24 * 60 + window + function["Timeout"] / 60 < 26 * 60


def test_a_schedule_calls_its_own_models_function(fleet: FleetTemplates) -> None:
    """The schedule sends a request that the function can read, for whole hours."""
    functions = fleet.resources(PART, "AWS::Lambda::Function")
    for model, schedule in _schedules(fleet).items():
        request = DriftRequest.model_validate_json(schedule["Target"]["Input"])
        assert (request.model, request.whole_hours) == (model, True)
        target = functions[schedule["Target"]["Arn"]["Fn::GetAtt"][0]]["Properties"]
        assert target["FunctionName"] == drift_function(fleet.stage.name, model)


def test_an_undelivered_start_is_retried_and_kept(fleet: FleetTemplates) -> None:
    """The scheduler retries three times, gives up before the next run, and keeps the event."""
    queue = _failed_runs(fleet)
    for schedule in _schedules(fleet).values():
        target = schedule["Target"]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] == 3
        assert 0 < target["RetryPolicy"]["MaximumEventAgeInSeconds"] < 24 * 3600
        assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": [queue, "Arn"]}


def test_a_run_that_fails_every_time_is_kept(fleet: FleetTemplates) -> None:
    """The event of a run that failed after all retries is kept in the same queue for 14 days."""
    queue = _failed_runs(fleet)
    for model in catalogue():
        function = fleet.functions()[drift_function(fleet.stage.name, model)]
        assert function["DeadLetterConfig"]["TargetArn"] == {"Fn::GetAtt": [queue, "Arn"]}
    kept = fleet.resources(PART, "AWS::SQS::Queue")[queue]["Properties"]
    assert kept["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_failed_runs_raise_an_alarm(notified_fleet: FleetTemplates) -> None:
    """The queue of failed runs has an alarm."""
    waiting = (
        "ApproximateNumberOfMessagesVisible",
        notified_fleet.stage.resource(Resource.FAILED_DRIFT_RUNS),
    )
    assert waiting in alarmed_values(notified_fleet)


def test_a_decision_to_retrain_starts_the_machine(fleet: FleetTemplates) -> None:
    """The rule matches decisions of this stage on the stage's own bus."""
    rule = _rule(fleet, Resource.RETRAIN_AFTER_DRIFT)
    assert rule["EventBusName"] == event_bus(fleet.stage.name)
    assert rule["EventPattern"] == {
        "source": [EVENT_SOURCE],
        "detail-type": list(DecisionKind),
        "detail": {
            "stage": [fleet.stage.name],
            "action": ["retrain"],
        },
    }
    (target,) = rule["Targets"]
    assert joined(target["Arn"]).endswith(f":{fleet.stage.resource(Resource.RETRAINING)}")
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 3


def test_no_template_is_filled_with_values_of_an_event(fleet: FleetTemplates) -> None:
    """EventBridge escapes nothing that it inserts into a template, so no rule has one."""
    targets = [target for rule in _rules(fleet) for target in rule["Targets"]]
    assert targets
    assert [each for each in targets if {"InputTransformer", "InputPath"} & set(each)] == []


def test_a_stage_s_bus_is_its_own(fleets: Mapping[str, FleetTemplates]) -> None:
    """Rules on our events listen to the stage's bus, on which no other stage's role may put any."""
    for fleet in fleets.values():
        (bus,) = fleet.properties(StackPart.MONITORING, "AWS::Events::EventBus")
        assert bus["Name"] == event_bus(fleet.stage.name)
        for rule in _rules(fleet):
            ours = rule.get("EventPattern", {}).get("source") == [EVENT_SOURCE]
            assert rule.get("EventBusName") == (bus["Name"] if ours else None)
    assert len({event_bus(name) for name in fleets}) == len(fleets)


def _rules(fleet: FleetTemplates) -> list[dict[str, Any]]:
    return [each for part in fleet.parts for each in fleet.properties(part, "AWS::Events::Rule")]


def _delivered(rule: dict[str, Any], kind: str, detail: object) -> Any:
    """The machine's input for an event, as the engine delivers it; `None` if it does not match."""
    event = {"Source": EVENT_SOURCE, "DetailType": kind, "Detail": json.dumps(detail)}
    view = eventbridge._pattern_event_view(event)
    if not eventbridge._matches_pattern_view(json.dumps(rule["EventPattern"]), view):
        return None
    (target,) = rule["Targets"]
    delivered: list[str] = []
    target = target | {"Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:m"}
    keep = lambda _arn, payload: delivered.append(payload)  # noqa: E731  # no longer than its name
    with patch.object(eventbridge, "_dispatch_to_stepfunctions", keep):
        eventbridge._invoke_target(target, event, rule, view)
    (payload,) = delivered
    return json.loads(payload)


DECISION: dict[str, Any] = {
    "model": "telecom",
    "version": "7",
    "action": "retrain",
    "window_end": "2026-01-05T06:00:00+00:00",
    "evidence": ["PSI 1.83"],
    "stage": "prod",
}
INJECTIONS = ['"],"force":true,"x":["', "<detail-model>", "{% $states.input %}", "States.UUID()"]
HOSTILE_EVENTS: dict[str, dict[str, Any]] = {
    "force": {"force": True, "tune": 500, "by": "ada", "trigger": "manual"},
    "a whole request": {"retraining": {"model": "leads", "force": True}},
    "injected JSON": {"evidence": INJECTIONS},
    "path keys": {"force.$": "$.detail.yes", "yes": True, "model.$": "$.detail.other"},
}


@pytest.mark.parametrize("kind", DecisionKind)
@pytest.mark.parametrize("extra", HOSTILE_EVENTS.values(), ids=HOSTILE_EVENTS)
def test_other_fields_of_an_event_are_ignored(
    fleets: Mapping[str, FleetTemplates], extra: dict[str, Any], kind: DecisionKind
) -> None:
    """Whatever an event contains, the request has only its model, its evidence and the trigger."""
    detail = DECISION | extra
    delivered = _delivered(_rule(fleets["prod"], Resource.RETRAIN_AFTER_DRIFT), kind, detail)
    assert read_request(delivered) == RetrainingRequest(
        model="telecom", trigger=kind.trigger, evidence=detail["evidence"]
    )


EXECUTION_ARN = "arn:aws:states:eu-central-1:1:execution:retrain:e"
REFUSED_EVENTS: dict[str, dict[str, Any]] = {
    "unknown model": {"model": "nosuch"},
    "model of another type": {"model": {"name": "telecom"}},
    "several models": {"model": ["telecom", "leads"]},
    "no evidence": {"evidence": []},
    "evidence of another type": {"evidence": "drift"},
    "evidence that ends its value": {"evidence": 'x","force":true,"by":"x'},
    "evidence in evidence": {"evidence": [{"force": True}]},
    "huge evidence": {"evidence": ["x" * 200_000]},
    "much evidence": {"evidence": ["x"] * 1000},
    "a warning": {"action": "warn"},
    "several actions": {"action": ["retrain", "warn"]},
    "another stage": {"stage": "dev"},
}


@pytest.mark.parametrize("kind", DecisionKind)
@pytest.mark.parametrize("extra", REFUSED_EVENTS.values(), ids=REFUSED_EVENTS)
def test_a_malformed_event_retrains_nothing(
    fleets: Mapping[str, FleetTemplates], extra: dict[str, Any], kind: DecisionKind
) -> None:
    """Either no rule matches it, or the machine's first state refuses the request."""
    rule = _rule(fleets["prod"], Resource.RETRAIN_AFTER_DRIFT)
    delivered = _delivered(rule, kind, DECISION | extra)
    if delivered is not None:
        with pytest.raises((RequestError, UnknownModelError)):
            validate(delivered, EXECUTION_ARN)


def test_an_undelivered_decision_is_kept(fleet: FleetTemplates) -> None:
    """Events that neither machine nor topic accepts go to the queue of failed runs."""
    queue = {"Fn::GetAtt": [_failed_runs(fleet), "Arn"]}
    for name in (Resource.RETRAIN_AFTER_DRIFT, Resource.DRIFT_NOTIFICATIONS):
        (target,) = _rule(fleet, name)["Targets"]
        assert target["DeadLetterConfig"]["Arn"] == queue


def test_people_are_notified_of_warnings_and_retrainings(fleet: FleetTemplates) -> None:
    """Both start the machine that words the notification."""
    rule = _rule(fleet, Resource.DRIFT_NOTIFICATIONS)
    assert set(rule["EventPattern"]["detail"]["action"]) == {"warn", "retrain"}
    (target,) = rule["Targets"]
    machines = fleet.resources(PART, "AWS::StepFunctions::StateMachine")
    assert target["Arn"] == {"Ref": next(iter(machines))}


def test_a_function_accesses_only_its_own_model(fleet: FleetTemplates) -> None:
    """It accesses keys of its model only, and changes no release, bundle or prediction."""
    for model in catalogue():
        statements = fleet.statements(PART, drift_function(fleet.stage.name, model))
        actions = {action for s in statements for action in as_list(s["Action"])}
        assert not [a for a in actions if a.startswith(("s3:Delete", "lambda:", "states:"))]
        written = _prefixes(statements, "s3:PutObject")
        assert written == {
            f"/reports/{model}/*",
            f"/summaries/{model}/*",
            f"/drift/{model}.json",
        }
        for prefix in _prefixes(statements, "s3:GetObject"):
            assert model in prefix


def test_the_environment_matches_the_settings(fleet: FleetTemplates) -> None:
    """The environment's keys are exactly the fields of the settings."""
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
