"""Daily traffic is read from CloudWatch with one call for many models."""

from datetime import UTC, date, datetime
from typing import Any

from modelfleet.adapters.aws.cloudwatch_traffic import CloudWatchTraffic
from modelfleet.drift.summaries.summary import Traffic
from tests.unit.adapters.test_release_calls import Client

FIRST, LAST = date(2026, 1, 5), date(2026, 1, 6)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def result(number: int, at: Any, value: float) -> dict[str, Any]:
    """One series with one value."""
    return {"Id": f"m{number}", "Timestamps": [at], "Values": [value]}


def test_days_are_read_by_model() -> None:
    """Whole days of UTC are asked for; timestamps are numbers or text; all pages count."""
    client = Client(
        {"MetricDataResults": [result(0, NOON.timestamp(), 5.0)], "NextToken": "more"},
        {"MetricDataResults": [result(5, "2026-01-06T00:00:00Z", 9.5)]},
    )
    found = CloudWatchTraffic(client, "fleet").daily(["churn"], FIRST, LAST)
    assert found == {"churn": {FIRST: Traffic(requests=5), LAST: Traffic(p95_ms=9.5)}}
    asked = client.asked[0]
    assert asked["EndTime"] - asked["StartTime"] == 2 * 86_400
    stat = asked["MetricDataQueries"][5]["MetricStat"]
    assert (stat["Stat"], stat["Period"]) == ("p95", 86_400)
    assert stat["Metric"]["Dimensions"] == [{"Name": "model", "Value": "churn"}]


def test_many_models_are_read_in_parts() -> None:
    """A call asks for at most 500 series, and each value finds its model."""
    client = Client(
        {"MetricDataResults": [result(0, NOON.timestamp(), 1.0)]},
        {"MetricDataResults": [result(59, NOON.timestamp(), 2.0)]},
    )
    models = [f"m{number}" for number in range(80)]
    found = CloudWatchTraffic(client, "fleet").daily(models, FIRST, LAST)
    assert [len(each["MetricDataQueries"]) for each in client.asked] == [500, 60]
    assert found["m0"] == {FIRST: Traffic(requests=1)}
    assert found["m79"] == {FIRST: Traffic(p99_ms=2.0)}
