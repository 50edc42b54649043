"""Reading of the predict functions' metrics from CloudWatch."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.metrics.serving_metrics import Dimension

_PERIOD_SECONDS = 60


class CloudWatchReader:
    """A `MetricReader` over GetMetricData.

    Parameters
    ----------
    client
        Client of CloudWatch.
    namespace
        Namespace of the metrics.
    """

    def __init__(self, client: AwsJsonClient, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def sums(
        self,
        model: str,
        versions: Sequence[str],
        metrics: Sequence[str],
        start: datetime,
        end: datetime,
    ) -> Mapping[str, Mapping[str, float]]:
        """Read sums over a window; see `MetricReader.sums`."""
        wanted = {
            f"m{number}": (version, str(metric))
            for number, (version, metric) in enumerate((v, m) for v in versions for m in metrics)
        }
        queries = [self._query(name, model, *pair) for name, pair in wanted.items()]
        sums: dict[str, dict[str, float]] = {version: {} for version in versions}
        for result in self._results(queries, start, end):
            version, metric = wanted[result["Id"]]
            if result.get("Values"):
                before = sums[version].get(metric, 0.0)
                sums[version][metric] = before + sum(map(float, result["Values"]))
        return sums

    def _results(
        self, queries: list[dict[str, Any]], start: datetime, end: datetime
    ) -> Iterator[dict[str, Any]]:
        parameters = {
            "MetricDataQueries": queries,
            "StartTime": start.timestamp(),
            "EndTime": end.timestamp(),
        }
        for answer in self._client.pages("GetMetricData", parameters):
            yield from answer["MetricDataResults"]

    def _query(self, name: str, model: str, version: str, metric: str) -> dict[str, Any]:
        dimensions = [
            {"Name": Dimension.MODEL.value, "Value": model},
            {"Name": Dimension.VERSION.value, "Value": version},
        ]
        described = {
            "Namespace": self._namespace,
            "MetricName": metric,
            "Dimensions": dimensions,
        }
        return {
            "Id": name,
            "MetricStat": {"Metric": described, "Period": _PERIOD_SECONDS, "Stat": "Sum"},
        }
