"""Every model is watched by the clock, failed runs are kept, and decisions are acted upon."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from ministack.services import eventbridge

from cdk.constructs.drift_schedule import failed_runs_name
from modelfleet.catalogue import catalogue
from modelfleet.domain.deployment import StackPart, drift_function
from modelfleet.domain.errors import RequestError
from modelfleet.domain.release_requests import read_request
from modelfleet.domain.watch_requests import (
    DRIFT_FOUND,
    PERFORMANCE_DEGRADED,
    TRIGGERS,
    WatchRequest,
)
from modelfleet.settings import EVENT_SOURCE, DriftSettings, variable
from tests.infrastructure.templates import FleetTemplates, as_list, texts
from tests.infrastructure.watched import alarmed_values

PART = StackPart.WATCHING
RETRAINING = {
    "retrain-after-drift": DRIFT_FOUND,
    "retrain-after-degradation": PERFORMANCE_DEGRADED,
}


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


@pytest.mark.parametrize(("name", "kind"), RETRAINING.items())
def test_a_decision_to_retrain_starts_the_machine(
    fleet: FleetTemplates, name: str, kind: str
) -> None:
    """Only this stage's decisions about its models do; the input is their model and evidence."""
    rule = _rule(fleet, name)
    assert rule["EventPattern"] == {
        "source": [EVENT_SOURCE],
        "detail-type": [kind],
        "detail": {
            "stage": [fleet.stage.name],
            "model": list(catalogue()),
            "action": ["retrain"],
            "evidence": [{"exists": True}],
        },
    }
    (target,) = rule["Targets"]
    assert set(target["InputTransformer"]["InputPathsMap"].values()) == {
        "$.detail.model",
        "$.detail.evidence",
    }
    assert f'"trigger":"{TRIGGERS[kind]}"' in target["InputTransformer"]["InputTemplate"]
    assert not {"Input", "InputPath"} & set(target)
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 3


def _delivered(rule: dict[str, Any], kind: str, detail: object) -> str | None:
    """What the engine hands to the machine for an event; nothing where the rule has no match."""
    event = {"Source": EVENT_SOURCE, "DetailType": kind, "Detail": json.dumps(detail)}
    view = eventbridge._pattern_event_view(event)
    if not eventbridge._matches_pattern_view(json.dumps(rule["EventPattern"]), view):
        return None
    (target,) = rule["Targets"]
    return str(eventbridge._apply_input_transformer(target["InputTransformer"], rule, view))


DECISION: dict[str, Any] = {"model": "telecom", "action": "retrain", "evidence": ["PSI 1.83"]}
INJECTIONS = ['"],"force":true,"x":["', "<detail-model>", "{% $states.input %}", "States.UUID()"]
HOSTILE_EVENTS: dict[str, dict[str, Any]] = {
    "force": {"force": True, "version": "7", "tune": 500, "by": "ada", "trigger": "manual"},
    "a whole request": {"retraining": {"model": "leads", "force": True}},
    "injected JSON": {"evidence": INJECTIONS},
    "path keys": {"force.$": "$.detail.yes", "yes": True, "model.$": "$.detail.other"},
}


@pytest.mark.parametrize("extra", HOSTILE_EVENTS.values(), ids=HOSTILE_EVENTS)
def test_what_else_an_event_says_is_left_behind(
    fleets: Mapping[str, FleetTemplates], extra: dict[str, Any]
) -> None:
    """Whatever fields an event has, the request holds its model, its evidence and the trigger."""
    fleet = fleets["prod"]
    for name, kind in RETRAINING.items():
        detail = DECISION | extra | {"stage": "prod"}
        delivered = _delivered(_rule(fleet, name), kind, detail)
        assert delivered is not None
        assert json.loads(delivered) == {
            "model": "telecom",
            "trigger": TRIGGERS[kind],
            "evidence": detail["evidence"],
        }
        assert read_request(json.loads(delivered)).evidence == tuple(detail["evidence"])


REFUSED_EVENTS: dict[str, dict[str, Any]] = {
    "unknown model": {"model": "nosuch"},
    "model of another type": {"model": {"name": "telecom"}},
    "several models": {"model": ["telecom", "leads"]},
    "no evidence": {"evidence": []},
    "evidence of another type": {"evidence": "drift"},
    "evidence in evidence": {"evidence": [{"force": True}]},
    "huge evidence": {"evidence": ["x" * 200_000]},
    "much evidence": {"evidence": ["x"] * 1000},
    "a warning": {"action": "warn"},
    "another stage": {"stage": "dev"},
}


@pytest.mark.parametrize("extra", REFUSED_EVENTS.values(), ids=REFUSED_EVENTS)
def test_an_event_of_another_form_retrains_nothing(
    fleets: Mapping[str, FleetTemplates], extra: dict[str, Any]
) -> None:
    """Either no rule matches it, or the machine's first state refuses what it is made into."""
    for name, kind in RETRAINING.items():
        detail = DECISION | {"stage": "prod"} | extra
        delivered = _delivered(_rule(fleets["prod"], name), kind, detail)
        if delivered is not None:
            with pytest.raises(RequestError):
                read_request(json.loads(delivered))


def test_a_decision_that_cannot_be_delivered_is_kept(fleet: FleetTemplates) -> None:
    """Whatever neither the machine nor the topic takes is beside the runs that failed."""
    queue = {"Fn::GetAtt": [_failed_runs(fleet), "Arn"]}
    for name in (*RETRAINING, "tell-of-drift"):
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
