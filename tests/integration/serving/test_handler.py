"""The predict function's handler between API Gateway's events and an S3 over HTTP."""

import json
import socket
import sys
import time
from collections.abc import Callable

import pytest

from modelfleet.catalogue import find
from modelfleet.registry.manifest import MODEL_FILE
from modelfleet.settings import PredictSettings, variable
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.serving import GATEWAY_REQUEST_ID, Gateway, put_bundle, put_pointer

SPEC = find("bankchurn")
EXAMPLE = SPEC.features.example()
POINTER = ("GET /artifacts/releases/bankchurn.json", 200)
UNCHANGED = (POINTER[0], 304)


def version(gateway: Gateway) -> str:
    """The version that answers."""
    answered: str = gateway.post("/bankchurn/predict", EXAMPLE).body["version"]
    return answered


def test_the_model_is_loaded_before_the_first_request(
    released: ObjectStore, start: Callable[[], Gateway], requests_seen: list[tuple[str, int]]
) -> None:
    """Starting reads pointer and bundle, and nothing else."""
    start()
    bundle = "GET /artifacts/models/bankchurn/1"
    assert requests_seen == [
        POINTER,
        (f"{bundle}/manifest.json", 200),
        (f"{bundle}/model.onnx", 200),
    ]


def test_a_refresh_asks_only_whether_the_pointer_changed(
    released: ObjectStore, start: Callable[[], Gateway], requests_seen: list[tuple[str, int]]
) -> None:
    """A pointer that is the same costs one conditional GET with an empty answer."""
    gateway = start()
    requests_seen.clear()
    assert [version(gateway) for _ in range(3)] == ["1"] * 3
    assert requests_seen == [UNCHANGED] * 3


def test_within_the_interval_s3_is_not_asked(
    released: ObjectStore,
    start: Callable[[], Gateway],
    requests_seen: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between two refreshes a prediction needs no network."""
    monkeypatch.setenv(variable("refresh_seconds"), "3600")
    gateway = start()
    requests_seen.clear()
    assert [version(gateway) for _ in range(3)] == ["1"] * 3
    assert requests_seen == []


def test_a_release_is_taken_up_by_a_running_function(
    released: ObjectStore, start: Callable[[], Gateway]
) -> None:
    """Promotion and rollback are writes to one object."""
    gateway = start()
    put_bundle(released, SPEC, "2", bias=1.0)
    seen = [version(gateway)]
    for champion in ("2", "1"):
        put_pointer(released, SPEC.name, champion)
        seen.append(version(gateway))
    assert seen == ["1", "2", "1"]


def test_an_altered_bundle_leaves_the_last_good_version(
    released: ObjectStore, start: Callable[[], Gateway], capsys: pytest.CaptureFixture[str]
) -> None:
    """A bundle whose checksum differs is refused, and the log and a metric say so."""
    gateway = start()
    put_bundle(released, SPEC, "2")
    released.put(f"{keys.bundle(SPEC.name, '2')}/{MODEL_FILE}", b"altered")
    put_pointer(released, SPEC.name, "2")
    assert version(gateway) == "1"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(line.get("error") == "BundleError" for line in lines)
    assert any(line.get("refresh_failures") == 1 for line in lines)


def test_without_a_release_the_function_lives_until_there_is_one(
    bucket: ObjectStore, start: Callable[[], Gateway]
) -> None:
    """An absent pointer is no reason to fail the start."""
    gateway = start()
    assert gateway.get("/bankchurn/health").status == 200
    assert gateway.get("/bankchurn/ready").status == 503
    put_bundle(bucket, SPEC, "1")
    put_pointer(bucket, SPEC.name, "1")
    assert gateway.get("/bankchurn/ready").status == 200


def test_an_unreachable_store_does_not_fail_the_start(
    released: ObjectStore, start: Callable[[], Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bucket that is not there is reported as not ready."""
    monkeypatch.setenv(variable("artifacts_bucket"), "no-such-bucket")
    assert start().get("/bankchurn/ready").status == 503


@pytest.mark.parametrize("answering", [False, True])
def test_an_outage_of_s3_leaves_the_last_good_version(
    released: ObjectStore,
    start: Callable[[], Gateway],
    monkeypatch: pytest.MonkeyPatch,
    answering: bool,
) -> None:
    """Whether S3 refuses connections or keeps silent, a caller waits seconds and not minutes."""
    gateway = start()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        if not answering:
            silent.close()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        began = time.monotonic()
        assert version(gateway) == "1"
    assert time.monotonic() - began < SPEC.serving.timeout_seconds


def test_each_prediction_is_one_line_without_identifiers(
    released: ObjectStore, start: Callable[[], Gateway], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the request, the log holds its id and the features, and nothing from the headers.

    What a person is like is there in encrypted form alone.
    """
    gateway = start()
    capsys.readouterr()
    reply = gateway.post("/bankchurn/predict", EXAMPLE, x_entity_id="customer-4711")
    out = capsys.readouterr().out
    line, metrics = (json.loads(text) for text in out.splitlines())
    assert line["prediction_id"] == reply.body["prediction_id"]
    assert line["request_id"] == reply.headers["x-request-id"] == GATEWAY_REQUEST_ID
    sensitive = {"Gender", "Age"}
    assert line["features"] == {k: value for k, value in EXAMPLE.items() if k not in sensitive}
    assert line["sealed"]
    assert line["output"]["probability"] == reply.body["probability"]
    assert (metrics["model"], metrics["version"], metrics["predictions"]) == (
        "bankchurn",
        "1",
        1,
    )
    assert "customer-4711" not in out
    assert "not-a-real-key" not in out


def test_a_refused_request_leaves_no_values_in_the_log(
    released: ObjectStore, start: Callable[[], Gateway], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is refused for an identifier in it is not logged."""
    gateway = start()
    capsys.readouterr()
    reply = gateway.post("/bankchurn/predict", EXAMPLE | {"Surname": "Lovelace"})
    captured = capsys.readouterr()
    assert reply.status == 422
    assert "Lovelace" not in captured.out + captured.err + reply.text


def test_the_settings_are_what_the_environment_must_hold(environment: dict[str, str]) -> None:
    """The function starts with exactly the variables that infrastructure gives it."""
    assert PredictSettings.from_environment().model == "bankchurn"


def test_a_release_may_try_out_a_version_that_does_not_serve(
    released: ObjectStore, start: Callable[[], Gateway]
) -> None:
    """A direct call is answered by the version that it names; a caller's request never is."""
    put_bundle(released, SPEC, "2", bias=1.0)
    gateway = start()
    event = {"replay": {"version": "2", "rows": [EXAMPLE]}}
    handler = sys.modules["functions.predict.handler"].handler
    answer = handler(event, None)
    assert (answer["version"], answer["rows"][0]["error"]) == ("2", None)
    assert gateway.post("/bankchurn/predict", EXAMPLE | event).status == 422
    assert handler(event | {"requestContext": {}}, None)["statusCode"] == 400
