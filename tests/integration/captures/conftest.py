"""A Firehose that writes to S3, and the captures function before it."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.bootstrap import captures
from tests.aws import aws_services
from tests.sealing import KEY

REGION = "eu-central-1"
STREAM = "modelfleet-test-captures"
Handle = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Moto's services on a port of their own."""
    with aws_services() as address:
        yield address


@pytest.fixture
def client(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Clients of those services, in the environment that Lambda gives a function."""
    for name, value in {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": endpoint,
        "MODELFLEET_STAGE": "test",
        "MODELFLEET_DELIVERY_STREAM": STREAM,
        "MODELFLEET_SIGNING_KEYS": f"{FixedKeys.MARK}{KEY.decode()}",
        "MODELFLEET_FORWARD_METRICS": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return boto3.client


@pytest.fixture
def lake(client: Callable[[str], Any]) -> Iterator[Any]:
    """A bucket behind a delivery stream."""
    s3, firehose = client("s3"), client("firehose")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    firehose.create_delivery_stream(
        DeliveryStreamName=STREAM,
        ExtendedS3DestinationConfiguration={
            "RoleARN": f"arn:aws:iam::{'0' * 12}:role/firehose",
            "BucketARN": "arn:aws:s3:::lake",
        },
    )
    bucket = boto3.resource("s3").Bucket("lake")
    yield bucket
    bucket.objects.delete()
    bucket.delete()
    firehose.delete_delivery_stream(DeliveryStreamName=STREAM)


@pytest.fixture
def handle(client: Callable[[str], Any]) -> Iterator[Handle]:
    """The handler of a fresh process."""
    from functions.captures.handler import handler  # noqa: PLC0415  after the environment is set

    built = (captures.capture_sink, captures.metric_sink, captures.captures_settings)
    for each in built:
        each.cache_clear()
    yield lambda event: handler(event, None)
    for each in built:
        each.cache_clear()
