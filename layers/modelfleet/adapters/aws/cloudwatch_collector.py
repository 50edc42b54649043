"""Discovery and batched reading of metrics in CloudWatch namespaces."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.metrics.openmetrics import MetricQuestion

# A page has 500 metrics.
_PAGES_MAXIMUM = 10


class CloudWatchCollector:
    """A `MetricCollector` over ListMetrics and GetMetricData.

    Parameters
    ----------
    client
        Client of CloudWatch.
    namespaces
        Names of the metrics to read, by namespace.
    """

    def __init__(self, client: AwsJsonClient, namespaces: Mapping[str, Collection[str]]) -> None:
        self._client = client
        self._namespaces = namespaces
        self._namespace_of = {
            name: namespace for namespace, names in namespaces.items() for name in names
        }

    def known(self) -> Sequence[MetricQuestion]:
        """List all metrics; see `MetricCollector.known`."""
        return [
            MetricQuestion(
                each["MetricName"], {d["Name"]: d["Value"] for d in each.get("Dimensions") or ()}
            )
            for namespace, names in self._namespaces.items()
            for each in self._listed(namespace)
            if each["MetricName"] in names
        ]

    def latest(
        self,
        questions: Sequence[MetricQuestion],
        period_seconds: int,
        start: datetime,
        end: datetime,
    ) -> Sequence[float | None]:
        """Read many metrics in one call; see `MetricCollector.latest`."""
        if not questions:
            return []
        parameters = {
            "MetricDataQueries": [
                self._query(f"m{number}", question, period_seconds)
                for number, question in enumerate(questions)
            ],
            "StartTime": start.timestamp(),
            "EndTime": end.timestamp(),
        }
        series: dict[str, dict[str, float]] = {}
        for answer in self._client.pages("GetMetricData", parameters):
            for result in answer["MetricDataResults"]:
                values = zip(result["Timestamps"], result["Values"], strict=True)
                series.setdefault(result["Id"], {}).update((str(t), float(v)) for t, v in values)
        return [_latest(series.get(f"m{number}", {})) for number in range(len(questions))]

    def _listed(self, namespace: str) -> Iterator[dict[str, Any]]:
        pages = self._client.pages("ListMetrics", {"Namespace": namespace})
        for answer in islice(pages, _PAGES_MAXIMUM):
            yield from answer["Metrics"]

    def _query(self, name: str, question: MetricQuestion, period_seconds: int) -> dict[str, Any]:
        dimensions = [{"Name": n, "Value": v} for n, v in question.dimensions.items()]
        metric = {
            "Namespace": self._namespace_of[question.name],
            "MetricName": question.name,
            "Dimensions": dimensions,
        }
        stat = {"Metric": metric, "Period": period_seconds, "Stat": question.statistic}
        return {"Id": name, "MetricStat": stat}


def _latest(values: dict[str, float]) -> float | None:
    # Timestamps of one response have one format, numbers or texts, that sorts chronologically.
    return values[max(values)] if values else None
