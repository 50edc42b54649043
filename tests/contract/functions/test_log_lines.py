"""What every function writes to its log, each started as Lambda starts it: in its own process."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest

import functions
from modelfleet.adapters.object_store import s3_store
from modelfleet.catalogue import find
from modelfleet.release.requests import VALIDATE_REQUEST
from modelfleet.settings import CapturesSettings, DriftSettings, PredictSettings, Settings
from tests.aws import aws_services
from tests.captures import delivered
from tests.serving import EVENT, GATEWAY_REQUEST_ID, put_bundle, put_pointer

MODEL = "bankchurn"
REQUEST_ID = "11111111-2222-3333-4444-555555555555"
BUCKET = "artifacts"


class Call(NamedTuple):
    """An event, the settings of the function, and keys that its lines must have."""

    event: dict[str, Any]
    settings: Settings | None = None
    keys: dict[str, str] = {}  # noqa: RUF012  never changed


STATE = {"model": MODEL, "trigger": "manual", "execution": "e1"}
BATCH = {"model": MODEL, "job": "e1", "input_format": "csv", "output_format": "csv"}
OF_EXECUTION = {"model": MODEL, "execution_id": "e1"}
DRIFT = DriftSettings(stage="test", model=MODEL, lake_bucket="l", artifacts_bucket="a")
PREDICT = PredictSettings(
    stage="test",
    model=MODEL,
    artifacts_bucket=BUCKET,
    lake_bucket=BUCKET,
    signing_keys="key:test",
    refresh_seconds=0.0,
    maximum_body_bytes=1_000_000,
    docs_enabled=True,
    details_enabled=True,
    allowed_origins="",
)
# By function; most fail at the first setting that they need for AWS, which is a line as well.
CALLS = {
    "train": Call({"step": "record", "state": STATE}, None, OF_EXECUTION),
    "release": Call({"step": "promote", "state": STATE}, None, OF_EXECUTION),
    "batch": Call({"step": "split", "request": BATCH}, None, OF_EXECUTION),
    "captures": Call(
        delivered("CWL CONTROL MESSAGE", kind="CONTROL_MESSAGE"),
        CapturesSettings(
            stage="test", delivery_stream="s", signing_keys="key:test", forward_metrics=False
        ),
    ),
    "drift": Call({}, DRIFT, {"model": MODEL}),
    "metrics": Call({}),
    "console": Call({}),
    "pretraffic": Call({}),
    "registry_users": Call({"RequestType": "Delete"}),
}
# What the library, another package and Python itself report is part of the log as well.
PROGRAM = """
import importlib, json, logging, sys, warnings
from types import SimpleNamespace
call = json.load(sys.stdin)
handler = importlib.import_module(call["module"]).handler
context = SimpleNamespace(
    aws_request_id=call["request_id"], get_remaining_time_in_millis=lambda: 300_000
)
try:
    handler(call["event"], context)
except Exception:
    pass
logging.getLogger("modelfleet.captures.lake").info("of the library")
logging.getLogger("another.package").warning("of another package")
warnings.warn("of Python")
"""
OTHERS = ("of the library", "of another package")


def logged(module: str, event: dict[str, Any], environment: dict[str, str]) -> list[dict[str, Any]]:
    """Invoke a handler in a process of its own, and parse every line that it writes."""
    plain = {name: value for name, value in os.environ.items() if "MODELFLEET" not in name}
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps({"module": module, "event": event, "request_id": REQUEST_ID}),
        env=plain | environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert process.stderr == ""
    return [json.loads(line) for line in process.stdout.splitlines()]


def test_every_function_is_called_here() -> None:
    """A new function joins this contract."""
    (folder,) = functions.__path__
    assert {path.parent.name for path in Path(folder).glob("*/handler.py")} == {*CALLS, "predict"}


@pytest.mark.parametrize(
    ("module", "service", "call"),
    [
        *((f"functions.{unit}.handler", unit, call) for unit, call in CALLS.items()),
        (
            "functions.release.handler",
            "release",
            Call({"action": VALIDATE_REQUEST, "request": {"model": MODEL, "trigger": "schedule"}}),
        ),
        ("functions.train.schema", "schema", Call({})),
    ],
)
def test_every_line_is_json_with_the_keys_of_its_invocation(
    module: str, service: str, call: Call
) -> None:
    """Whoever writes a line, it states level, service, message, request and execution."""
    environment = call.settings.to_environment() if call.settings else {}
    lines = logged(module, call.event, {"AWS_REGION": "us-east-1"} | environment)
    expected = {"service": service, "request_id": REQUEST_ID, "cold_start": True} | call.keys
    for line in lines:
        assert line.items() >= expected.items()
        assert {"level", "message", "timestamp"} <= line.keys()
    ended, *others = [line["message"] for line in lines]
    assert ended in ("invocation succeeded", "invocation failed")
    assert tuple(others[:2]) == OTHERS
    assert "of Python" in others[2]


def test_every_line_of_the_predict_function_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its requests are logged by the telemetry, under the request's own ID."""
    with aws_services() as endpoint:
        variables = PREDICT.to_environment() | {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        spec = find(MODEL)
        put_bundle(s3_store(BUCKET), spec, "1")
        put_pointer(s3_store(BUCKET), MODEL, "1")
        event = EVENT | {"body": json.dumps(spec.features.example())}
        lines = logged("functions.predict.handler", event, variables)
    lines = [line for line in lines if "_aws" not in line]
    for line in lines:
        assert line.items() >= {"service": "predict", "model": MODEL}.items()
        assert {"level", "message", "timestamp"} <= line.keys()
    messages = [line["message"] for line in lines]
    assert {"release loaded", "prediction", *OTHERS} <= set(messages)
    assert lines[messages.index("prediction")]["request_id"] == GATEWAY_REQUEST_ID
