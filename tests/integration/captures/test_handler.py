"""The captures function on CloudWatch's events, with a Firehose that writes to S3."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from modelfleet.captures.record import read_capture
from modelfleet.spec.errors import CallError, CaptureError
from tests.captures import PLATFORM_LINE, delivered, metrics_line, prediction_line

Handle = Callable[[dict[str, Any]], dict[str, Any]]


def _stored(lake: Any) -> list[str]:
    lines = [o.get()["Body"].read().decode().splitlines() for o in lake.objects.all()]
    return [read_capture(line).prediction_id for part in lines for line in part]


def test_a_delivery_reaches_the_lake(
    handle: Handle, lake: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Predictions are stored as lines of their own, and one line says how many."""
    carried = handle(delivered(PLATFORM_LINE, prediction_line("p1"), prediction_line("p2")))
    assert carried == {
        "predictions": 2,
        "repeated": 0,
        "measurements": 0,
        "unreadable": 0,
        "refusals": 0,
    }
    assert sorted(_stored(lake)) == ["p1", "p2"]
    line = json.loads(capsys.readouterr().out)
    assert line.items() >= {"level": "INFO", "service": "captures", **carried}.items()


def test_damage_is_told_and_holds_nothing_back(
    handle: Handle, lake: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A damaged event is a warning, and no value of it is in the log."""
    damaged = prediction_line("p2", features={"Name": "4111-1111"})[:-2]
    assert handle(delivered(prediction_line("p1"), damaged))["unreadable"] == 1
    assert _stored(lake) == ["p1"]
    out = capsys.readouterr().out
    warning, _ = map(json.loads, out.splitlines())
    assert (warning["level"], warning["unreadable"]) == ("WARNING", 1)
    assert "4111" not in out


def test_measurements_reach_cloudwatch(
    handle: Handle, client: Callable[[str], Any], lake: Any
) -> None:
    """Where the stage asks for it, a measurement of the log becomes a metric."""
    now = datetime.now(UTC)
    line = json.loads(metrics_line(requests=1))
    line["_aws"]["Timestamp"] = int(now.timestamp() * 1000)
    assert handle(delivered(json.dumps(line)))["measurements"] == 1
    (metric,) = client("cloudwatch").list_metrics(Namespace="modelfleet")["Metrics"]
    assert metric["MetricName"] == "requests"
    dimensions = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
    assert dimensions == {"model": "churn", "version": "7"}
    assert _stored(lake) == []


def test_cloudwatchs_trial_messages_are_answered(handle: Handle) -> None:
    """When a filter is made, CloudWatch tries the function with a message that holds nothing."""
    event = delivered("CWL CONTROL MESSAGE: Checking health", kind="CONTROL_MESSAGE")
    assert handle(event)["predictions"] == 0


@pytest.mark.parametrize(
    "event",
    [{}, {"awslogs": {"data": "?"}}, {"awslogs": {"data": "aGVsbG8="}}, {"awslogs": None}],
)
def test_what_is_no_delivery_fails(handle: Handle, event: dict[str, Any]) -> None:
    """It ends in the dead-letter queue, where a person can look at it."""
    with pytest.raises(CaptureError):
        handle(event)


def test_a_stream_that_is_not_there_fails(handle: Handle) -> None:
    """The delivery is tried again and kept, because the function does not end well."""
    with pytest.raises(CallError, match="ResourceNotFoundException"):
        handle(delivered(prediction_line("p1")))
