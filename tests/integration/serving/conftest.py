"""An S3 over HTTP with a released model, and the predict function's own handler before it."""

import importlib
import logging
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from modelfleet.adapters.object_store import s3_store
from modelfleet.bootstrap import serving
from modelfleet.catalogue import find
from modelfleet.settings import PredictSettings
from modelfleet.storage.object_store import ObjectStore
from tests.aws import aws_services
from tests.serving import Gateway, put_bundle, put_pointer

SPEC = find("bankchurn")
BUCKET = "artifacts"
LAKE = "lake"


@pytest.fixture(scope="package")
def endpoint() -> Iterator[str]:
    """Serve moto's S3 on a free port of the loopback interface."""
    with aws_services() as address:
        yield address


@pytest.fixture
def environment(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give this process the environment of a predict function."""
    settings = PredictSettings(
        stage="test",
        model=SPEC.name,
        artifacts_bucket=BUCKET,
        lake_bucket=LAKE,
        signing_keys="key:test",
        refresh_seconds=0.0,
        maximum_body_bytes=1_000_000,
        docs_enabled=True,
        details_enabled=True,
        allowed_origins="",
    )
    variables = settings.to_environment() | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def bucket(environment: dict[str, str]) -> Iterator[ObjectStore]:
    """An empty artifacts bucket."""
    s3 = boto3.resource("s3")
    created = s3.create_bucket(Bucket=BUCKET)
    yield s3_store(BUCKET)
    created.objects.all().delete()
    created.delete()


@pytest.fixture
def released(bucket: ObjectStore) -> ObjectStore:
    """An artifacts bucket in which version 1 is released."""
    put_bundle(bucket, SPEC, "1")
    put_pointer(bucket, SPEC.name, "1")
    return bucket


@pytest.fixture
def start(environment: dict[str, str]) -> Callable[[], Gateway]:
    """Starts the function as Lambda does: by importing its handler."""

    def started() -> Gateway:
        for built in vars(serving).values():
            if hasattr(built, "cache_clear"):
                built.cache_clear()
        sys.modules.pop("functions.predict.handler", None)
        module: Any = importlib.import_module("functions.predict.handler")
        return Gateway(module.handler)

    return started


class Requests(logging.Handler):
    """Keeps what the S3 server was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, int]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one request: what, and the status of its answer."""
        # werkzeug colours its lines, depending on the status.
        line = re.sub(r"\x1b\[[0-9;]*m", "", record.getMessage())
        if found := re.search(r'"(\w+ \S+) HTTP/[\d.]+" (\d+)', line):
            self.seen.append((found[1], int(found[2])))


@pytest.fixture
def requests_seen() -> Iterator[list[tuple[str, int]]]:
    """What the S3 server is asked for during the test: (method and path, status)."""
    handler = Requests()
    logger = logging.getLogger("werkzeug")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield handler.seen
    logger.removeHandler(handler)
    logger.setLevel(level)
