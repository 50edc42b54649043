"""Publishing of measurements to CloudWatch with PutMetricData."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.metrics.embedded import Measurement

DATA_MAXIMUM = 1_000


class CloudWatchMetrics:
    """A `MetricSink` over PutMetricData.

    Parameters
    ----------
    client
        Client of CloudWatch.
    """

    def __init__(self, client: AwsJsonClient) -> None:
        self._client = client

    def put(self, measurements: Sequence[Measurement]) -> None:
        """Publish measurements; see `MetricSink.put`."""
        by_namespace: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for measurement in measurements:
            if measurement.values:
                by_namespace[measurement.namespace].append(_datum(measurement))
        for namespace, data in by_namespace.items():
            for start in range(0, len(data), DATA_MAXIMUM):
                part = data[start : start + DATA_MAXIMUM]
                parameters = {"Namespace": namespace, "MetricData": part}
                self._client.call("PutMetricData", parameters)


def _datum(measurement: Measurement) -> dict[str, Any]:
    return {
        "MetricName": measurement.name,
        "Dimensions": [{"Name": n, "Value": v} for n, v in measurement.dimensions.items()],
        "Timestamp": measurement.time.timestamp(),
        "Unit": measurement.unit,
        "Values": list(measurement.values),
    }
