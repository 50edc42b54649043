"""What the predict function answers when S3 or what lies in it is broken, at its start and later.

docs/runbooks/serving.md has the same as a table.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from modelfleet.bootstrap import serving
from modelfleet.metrics.serving_metrics import NO_VERSION, ServingMetric
from modelfleet.registry.manifest import BACKGROUND_FILE, MANIFEST_FILE, MODEL_FILE
from modelfleet.serving import follow
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.integration.serving.conftest import BUCKET, SPEC
from tests.integration.serving.unsteady_s3 import UnsteadyS3, unsteady_s3
from tests.serving import Gateway, Reply, put_bundle, put_pointer

EXAMPLE = SPEC.features.example()
POINTER = keys.release_pointer(SPEC.name)
_DEADLINE_SECONDS = 60.0

Start = Callable[[], Gateway]
Break = Callable[[ObjectStore], None]
Measured = Callable[[ServingMetric], set[str]]


def delete_pointer(store: ObjectStore) -> None:
    """Take the release pointer away."""
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=POINTER)


def garble_pointer(store: ObjectStore) -> None:
    """Leave half a pointer."""
    store.put(POINTER, store.get(POINTER).content[:40])


def truncate(name: str) -> Break:
    """Release a version of which a file is only half there."""

    def broken(store: ObjectStore) -> None:
        put_bundle(store, SPEC, "2")
        key = f"{keys.bundle(SPEC.name, '2')}/{name}"
        content = store.get(key).content
        store.put(key, content[: len(content) // 2])
        put_pointer(store, SPEC.name, "2")

    return broken


BROKEN = {
    "pointer deleted": delete_pointer,
    "pointer garbage": garble_pointer,
    "model truncated": truncate(MODEL_FILE),
    "manifest truncated": truncate(MANIFEST_FILE),
}


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a tenth of what production waits, so that the tests do not take as long."""
    monkeypatch.setattr(follow, "START_SECONDS", 0.8)
    monkeypatch.setattr(follow, "RETRY_SECONDS", 0.1)
    monkeypatch.setattr(serving, "REFRESH_PATIENCE_SECONDS", 0.2)


@pytest.fixture
def s3(
    endpoint: str, released: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> Iterator[UnsteadyS3]:
    """Let the function reach its buckets through an S3 that may fail."""
    with unsteady_s3(endpoint) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        yield server
    for thread in threading.enumerate():
        if thread.name == follow.LOOK_UP:
            thread.join(_DEADLINE_SECONDS)


@pytest.fixture
def measured(capsys: pytest.CaptureFixture[str]) -> Measured:
    """For which versions a metric was raised since the start, by what the log says."""
    seen: list[dict[str, Any]] = []

    def versions(metric: ServingMetric) -> set[str]:
        seen.extend(json.loads(line) for line in capsys.readouterr().out.splitlines())
        return {
            line["version"]
            for line in seen
            if line.get(metric) and line.get("model") == SPEC.name and "_aws" in line
        }

    return versions


def predict(gateway: Gateway) -> Reply:
    """Ask for a prediction."""
    return gateway.post("/bankchurn/predict", EXAMPLE)


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that happens by itself."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def serves(gateway: Gateway, version: str) -> bool:
    """Whether this version answers."""
    reply = predict(gateway)
    return reply.status == 200 and reply.body["version"] == version


def refuses(gateway: Gateway) -> None:
    """Hold every answer against what is documented of a function that has nothing to serve."""
    assert gateway.get("/bankchurn/health").status == 200
    for reply in (predict(gateway), gateway.get("/bankchurn/ready")):
        assert reply.status == 503
        assert reply.headers["retry-after"] == "1"
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.body["title"] == "Service Unavailable"
        assert reply.body["request_id"]


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_release_while_warm(
    fault: str, released: ObjectStore, start: Start, measured: Measured
) -> None:
    """The last good version answers every request, a metric says so, and a repair is taken up."""
    gateway = start()
    BROKEN[fault](released)
    assert all(serves(gateway, "1") for _ in range(3))
    assert gateway.get("/bankchurn/ready").status == 200
    until(lambda: measured(ServingMetric.REFRESH_FAILURES) == {"1"})
    assert measured(ServingMetric.ERRORS) == set()
    put_bundle(released, SPEC, "3")
    put_pointer(released, SPEC.name, "3")
    until(lambda: serves(gateway, "3"))


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_release_at_the_start(
    fault: str, released: ObjectStore, start: Start, measured: Measured
) -> None:
    """Nothing is ready, two metrics say so, and a repair is taken up without another start."""
    BROKEN[fault](released)
    gateway = start()
    refuses(gateway)
    assert measured(ServingMetric.REFRESH_FAILURES) == {NO_VERSION}
    assert measured(ServingMetric.NOT_READY_ERRORS) == {NO_VERSION}
    put_bundle(released, SPEC, "3")
    put_pointer(released, SPEC.name, "3")
    until(lambda: serves(gateway, "3"))


@pytest.mark.parametrize("file", [MODEL_FILE, MANIFEST_FILE])
def test_a_broken_champion_at_the_start_with_one_before_it(
    file: str, released: ObjectStore, start: Start, measured: Measured
) -> None:
    """The version before it answers under its own name until the champion can be loaded."""
    truncate(file)(released)
    put_pointer(released, SPEC.name, "2", previous="1")
    gateway = start()
    assert serves(gateway, "1")
    assert measured(ServingMetric.REFRESH_FAILURES)
    put_bundle(released, SPEC, "2")
    until(lambda: serves(gateway, "2"))


@pytest.mark.parametrize("fault", ["down", "silent"])
def test_an_outage_while_warm(
    fault: str, released: ObjectStore, start: Start, s3: UnsteadyS3, measured: Measured
) -> None:
    """Whether S3 is down or slow, what is loaded answers, and what was released comes later."""
    gateway = start()
    assert serves(gateway, "1")
    _fail(s3, fault)
    put_bundle(released, SPEC, "2")
    put_pointer(released, SPEC.name, "2")
    asked = s3.asked
    until(lambda: serves(gateway, "1") and s3.asked > asked)
    until(lambda: measured(ServingMetric.REFRESH_FAILURES) == {"1"})
    assert serves(gateway, "1")
    assert measured(ServingMetric.ERRORS) == set()
    s3.recover()
    until(lambda: serves(gateway, "2"))


@pytest.mark.parametrize("fault", ["down", "silent"])
def test_an_outage_at_the_start(
    fault: str, start: Start, s3: UnsteadyS3, measured: Measured
) -> None:
    """The function starts all the same, says that it is not ready, and serves when S3 is back."""
    _fail(s3, fault)
    gateway = start()
    refuses(gateway)
    until(lambda: measured(ServingMetric.REFRESH_FAILURES) == {NO_VERSION})
    assert measured(ServingMetric.NOT_READY_ERRORS) == {NO_VERSION}
    s3.recover()
    until(lambda: serves(gateway, "1"))


def test_what_needs_s3_for_itself_is_refused_alone(
    start: Start, s3: UnsteadyS3, measured: Measured
) -> None:
    """Without S3 no explanation, card or feedback, each told to come again; predictions go on."""
    gateway = start()
    predicted = predict(gateway).body
    s3.down = True
    feedback = {"prediction_id": predicted["prediction_id"], "actual": 1}
    for reply in (
        gateway.post("/bankchurn/explain", EXAMPLE),
        gateway.get("/bankchurn/card"),
        gateway.post("/bankchurn/feedback", feedback),
    ):
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert serves(gateway, "1")
    until(lambda: measured(ServingMetric.ERRORS) == {"1"})
    s3.recover()
    until(lambda: gateway.post("/bankchurn/explain", EXAMPLE).status == 200)


def test_truncated_background_rows_cost_explanations_alone(
    released: ObjectStore, start: Start
) -> None:
    """Half a file of background rows explains nothing, and predicts as ever."""
    key = f"{keys.bundle(SPEC.name, '1')}/{BACKGROUND_FILE}"
    released.put(key, released.get(key).content[:20])
    gateway = start()
    assert gateway.post("/bankchurn/explain", EXAMPLE).status == 503
    assert serves(gateway, "1")


def _fail(s3: UnsteadyS3, fault: str) -> None:
    if fault == "down":
        s3.down = True
    else:
        s3.fall_silent()
