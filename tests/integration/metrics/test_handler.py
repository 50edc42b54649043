"""The metrics function on a CloudWatch that has measured something."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from modelfleet.metrics.openmetrics import CONTENT_TYPE
from modelfleet.settings import NAMESPACE
from tests.aws import aws_services
from tests.emission import environment
from tests.exported import families

BY_MODEL = [{"Name": "model", "Value": "churn"}]
BY_VERSION = [*BY_MODEL, {"Name": "version", "Value": "7"}]


@pytest.fixture
def ask() -> Iterator[Callable[[], dict[str, Any]]]:
    """Ask the handler of a fresh process."""
    with aws_services() as endpoint, environment(endpoint, {"MODELFLEET_STAGE": "test"}):
        from functions.metrics.handler import handler  # noqa: PLC0415  after the environment is set

        yield lambda: handler({}, None)


def test_what_cloudwatch_measured_is_answered(ask: Callable[[], dict[str, Any]]) -> None:
    """The gateway gets a text in which Prometheus finds the sum of the latest five minutes."""
    # Wherever in its five minutes the test runs, one of these lies in those that are over.
    moments = [datetime.now(UTC) - timedelta(minutes=minutes) for minutes in range(1, 8)]
    data = [
        {"MetricName": "requests", "Dimensions": dimensions, "Timestamp": moment, "Value": 2.0}
        for moment in moments
        for dimensions in (BY_MODEL, BY_VERSION)
    ]
    boto3.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)
    answer = ask()
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, CONTENT_TYPE)
    (sample,) = families(answer["body"])["modelfleet_requests"].samples
    assert sample.labels == {"model": "churn", "version": "7"}
    assert sample.value >= 2.0


def test_nothing_measured_is_a_whole_answer(ask: Callable[[], dict[str, Any]]) -> None:
    """A fleet that nobody has called has families without series."""
    answer = ask()
    samples = [sample for family in families(answer["body"]).values() for sample in family.samples]
    assert [(each.name, each.value) for each in samples] == [("modelfleet_series_left_out", 0.0)]
