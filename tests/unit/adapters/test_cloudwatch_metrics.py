"""Measurements arrive in CloudWatch as they were read from the log."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from modelfleet.adapters.aws.aws_json import CLOUDWATCH, AwsJsonClient
from modelfleet.adapters.aws.cloudwatch_metrics import DATA_MAXIMUM, CloudWatchMetrics
from modelfleet.metrics.embedded import Measurement

TIME = datetime(2026, 1, 31, tzinfo=UTC)


class CloudWatch(AwsJsonClient):
    """CloudWatch that remembers its calls."""

    def __init__(self) -> None:
        super().__init__(CLOUDWATCH, {"AWS_REGION": "eu-central-1"})
        self.calls: list[Mapping[str, Any]] = []

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        """Remember a call."""
        assert operation == "PutMetricData"
        self.calls.append(parameters)


def measured(namespace: str, *values: float) -> Measurement:
    """A measurement with both dimensions."""
    return Measurement(namespace, "score", "None", {"model": "m", "version": "1"}, values, TIME)


def test_a_measurement_keeps_its_values_dimensions_and_time() -> None:
    """Nothing is added, and nothing is averaged."""
    cloudwatch = CloudWatch()
    CloudWatchMetrics(cloudwatch).put([measured("modelfleet", 0.1, 0.2)])
    datum = {
        "MetricName": "score",
        "Dimensions": [{"Name": "model", "Value": "m"}, {"Name": "version", "Value": "1"}],
        "Timestamp": TIME.timestamp(),
        "Unit": "None",
        "Values": [0.1, 0.2],
    }
    assert cloudwatch.calls == [{"Namespace": "modelfleet", "MetricData": [datum]}]


def test_a_call_holds_one_namespace_and_no_more_than_it_may() -> None:
    """A thousand data are a call, and a measurement without values is none."""
    cloudwatch = CloudWatch()
    many = [measured("a", 1.0)] * (DATA_MAXIMUM + 1)
    CloudWatchMetrics(cloudwatch).put([*many, measured("b", 1.0), measured("c")])
    made = [(call["Namespace"], len(call["MetricData"])) for call in cloudwatch.calls]
    assert made == [("a", DATA_MAXIMUM), ("a", 1), ("b", 1)]
