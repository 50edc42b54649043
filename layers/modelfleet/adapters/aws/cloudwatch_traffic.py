"""Reading of the daily traffic of models from CloudWatch."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.drift.summaries.summary import Traffic
from modelfleet.metrics.serving_metrics import Dimension, ServingMetric

# The limit of one GetMetricData call.
_QUERIES_MAXIMUM = 500
_DAY_SECONDS = 86_400


class _Series(NamedTuple):
    """The field of `Traffic` that a metric's statistic fills."""

    field: str
    metric: ServingMetric
    statistic: str


_SERIES = (
    _Series("requests", ServingMetric.REQUESTS, "Sum"),
    _Series("predictions", ServingMetric.PREDICTIONS, "Sum"),
    _Series("rejections", ServingMetric.REJECTIONS, "Sum"),
    _Series("errors", ServingMetric.ERRORS, "Sum"),
    _Series("p50_ms", ServingMetric.LATENCY, "p50"),
    _Series("p95_ms", ServingMetric.LATENCY, "p95"),
    _Series("p99_ms", ServingMetric.LATENCY, "p99"),
)


class CloudWatchTraffic:
    """A `TrafficReader` over GetMetricData.

    Parameters
    ----------
    client
        Client of CloudWatch.
    namespace
        Namespace of the serving metrics.
    """

    def __init__(self, client: AwsJsonClient, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def daily(
        self, models: Sequence[str], first: date, last: date
    ) -> Mapping[str, Mapping[date, Traffic]]:
        """Read the traffic of UTC days; see `TrafficReader.daily`."""
        wanted = [(model, series) for model in models for series in _SERIES]
        found: dict[str, dict[date, dict[str, float]]] = {model: {} for model in models}
        for start in range(0, len(wanted), _QUERIES_MAXIMUM):
            part = wanted[start : start + _QUERIES_MAXIMUM]
            for number, day, value in self._values(part, first, last):
                model, series = part[number]
                found[model].setdefault(day, {})[series.field] = value
        return {
            model: {day: Traffic.model_validate(values) for day, values in days.items()}
            for model, days in found.items()
        }

    def _values(
        self, wanted: Sequence[tuple[str, _Series]], first: date, last: date
    ) -> Iterator[tuple[int, date, float]]:
        """Yield the place of each wanted series, with its days and values."""
        parameters = {
            "MetricDataQueries": [
                self._query(f"m{number}", *each) for number, each in enumerate(wanted)
            ],
            "StartTime": _midnight(first),
            "EndTime": _midnight(last + timedelta(days=1)),
        }
        for answer in self._client.pages("GetMetricData", parameters):
            for result in answer["MetricDataResults"]:
                for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                    yield int(result["Id"].removeprefix("m")), _day(at), float(value)

    def _query(self, name: str, model: str, series: _Series) -> dict[str, Any]:
        metric = {
            "Namespace": self._namespace,
            "MetricName": series.metric.value,
            "Dimensions": [{"Name": Dimension.MODEL.value, "Value": model}],
        }
        stat = {"Metric": metric, "Period": _DAY_SECONDS, "Stat": series.statistic}
        return {"Id": name, "MetricStat": stat}


def _midnight(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()


def _day(at: float | str) -> date:
    """Return the day of a timestamp: a number, or text in other implementations of the API."""
    if isinstance(at, str):
        return datetime.fromisoformat(at).astimezone(UTC).date()
    return datetime.fromtimestamp(at, UTC).date()
