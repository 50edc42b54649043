"""The drift function's handler over AWS services that speak HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.drift.handler import handler
from modelfleet.adapters.object_store import s3_store
from modelfleet.bootstrap import drift
from modelfleet.drift.reports import REPORT_FILE
from modelfleet.drift.requests import DriftRequest
from modelfleet.metrics.drift_metrics import DriftMetric
from modelfleet.resource_names import event_bus
from modelfleet.retraining.decision_event import DecisionKind
from modelfleet.settings import DriftSettings, drift_namespace
from modelfleet.spec.errors import BundleError, DriftStateError
from modelfleet.storage.keys import bundle
from tests.aws import aws_services
from tests.watching import NOW, SPEC, World, sampled

LAKE, ARTIFACTS = "lake", "artifacts"
EVENT = DriftRequest(model=SPEC.name, window_end=NOW).model_dump(mode="json")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A released version on a server of the test's own, and the function's environment."""
    settings = DriftSettings(
        stage="test", model=SPEC.name, lake_bucket=LAKE, artifacts_bucket=ARTIFACTS
    )
    with aws_services() as endpoint:
        variables = settings.to_environment() | {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        for name in (LAKE, ARTIFACTS):
            boto3.client("s3").create_bucket(Bucket=name)
        _forget()
        made = World(lake=s3_store(LAKE), artifacts=s3_store(ARTIFACTS))
        made.release("7")
        yield made
    _forget()


def _forget() -> None:
    drift.drift_settings.cache_clear()
    drift.watcher.cache_clear()


def heard() -> Any:
    """Subscribe a queue to everything that the function says."""
    events, queues = boto3.client("events"), boto3.client("sqs")
    address = queues.create_queue(QueueName="heard")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{'1234567890' + '12'}:heard"
    bus = event_bus("test")
    events.create_event_bus(Name=bus)
    pattern = json.dumps({"source": ["modelfleet"]})
    events.put_rule(Name="all", EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule="all", EventBusName=bus, Targets=[{"Id": "1", "Arn": arn}])

    def read() -> list[dict[str, Any]]:
        found = queues.receive_message(QueueUrl=address, MaxNumberOfMessages=10)
        return [json.loads(each["Body"]) for each in found.get("Messages", [])]

    return read


def metrics() -> set[str]:
    """The names of what was measured."""
    found = boto3.client("cloudwatch").list_metrics(Namespace=drift_namespace("test"))["Metrics"]
    return {each["MetricName"] for each in found}


def test_drift_is_announced_once_on_the_stage_s_bus(world: World) -> None:
    """The event says what was found; where its report lies, who reads it knows."""
    read = heard()
    world.predict([row | {"Age": 70} for row in sampled(300, seed=2)], "7")
    outcome = handler(EVENT, None)
    assert (outcome["status"], outcome["action"]) == ("drift", "warn")
    (event,) = read()
    assert (event["detail-type"], event["detail"]["stage"]) == (DecisionKind.DRIFT_FOUND, "test")
    assert event["detail"]["evidence"]
    # A link would read the report with the function's permissions, whoever gets the event.
    assert "X-Amz-Signature=" not in json.dumps(event)
    store = world.artifacts
    assert store.get(f"{outcome['report']}/{REPORT_FILE}").content
    assert {DriftMetric.DRIFT_RUNS, DriftMetric.DRIFT_SCORE} <= metrics()


def test_a_retry_tells_nobody_twice(world: World) -> None:
    """Lambda's second try of the same event leaves what the first one left."""
    read = heard()
    world.predict([row | {"Age": 70} for row in sampled(300, seed=2)], "7")
    first = handler(EVENT, None)
    assert handler(EVENT, None) == first
    assert len(read()) == 1


def test_an_empty_day_counts_as_a_run(world: World) -> None:
    """Without a prediction the answer is too little data, and the heartbeat beats."""
    outcome = handler(EVENT, None)
    assert (outcome["status"], outcome["current_rows"]) == ("insufficient data", 0)
    assert DriftMetric.DRIFT_RUNS in metrics()


def test_a_run_that_fails_has_no_heartbeat(world: World) -> None:
    """A broken bundle raises, so that Lambda tries again and keeps the event; nothing beats."""
    world.artifacts.put(f"{bundle(SPEC.name, '7')}/profile.json", b"{}")
    with pytest.raises(BundleError):
        handler(EVENT, None)
    assert DriftMetric.DRIFT_RUNS not in metrics()


@pytest.mark.parametrize(
    ("event", "names"),
    [
        ({}, "model"),
        ({"model": SPEC.name, "window_hours": 0}, "window_hours"),
        ({"model": SPEC.name, "window_hours": 5e-324}, "window_hours"),
        ({"model": SPEC.name, "window_end": "0001-01-01T00:00:00+23:59"}, "window_end"),
        ({"model": SPEC.name, "window_end": "9999-12-31T23:59:59-23:59"}, "window_end"),
        ({"model": SPEC.name, "else": 1}, "else"),
        ({"model": "leads"}, "bankchurn"),
    ],
)
def test_what_cannot_be_read_is_named(world: World, event: dict[str, Any], names: str) -> None:
    """A request that lacks something, or is another model's, is refused with what is wrong."""
    with pytest.raises(DriftStateError, match=names):
        handler(event, None)
