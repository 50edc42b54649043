"""What each function's role must be refused, tried with that role's own credentials.

The local cloud enforces IAM for all of these end-to-end tests, so that the loop itself shows that
each role suffices.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from cli.cloud import Cloud
from modelfleet.release.history import EVENT_TYPE
from modelfleet.resource_names import (
    Output,
    captures_function,
    console_function,
    drift_function,
    event_bus,
    metrics_function,
    predict_function,
)
from modelfleet.retraining.decision_event import DecisionKind
from modelfleet.settings import EVENT_SOURCE
from modelfleet.storage import keys
from tests.e2e.conftest import MODEL

pytestmark = pytest.mark.e2e

OTHER = "carvision"
_LAKE, _ARTIFACTS = Output.LAKE_BUCKET, Output.ARTIFACTS_BUCKET

# Runs in a function that has been given another function's role.
_PROBE = """
import boto3
from botocore.exceptions import ClientError

def handler(calls, _context):
    return [attempt(**call) for call in calls]

def attempt(service, operation, parameters):
    try:
        getattr(boto3.client(service), operation)(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"
"""


@dataclass(frozen=True)
class Call:
    """A call of an AWS API; `parameters` may name outputs of the stacks, which are filled in."""

    service: str
    operation: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def filled_in(self, cloud: Cloud) -> dict[str, Any]:
        """The call with real names, as the probe takes it."""
        parameters = {
            name: cloud.output(value) if isinstance(value, Output) else value
            for name, value in self.parameters.items()
        }
        return {"service": self.service, "operation": self.operation, "parameters": parameters}


def read(bucket: Output, key: str) -> Call:
    """Read an object."""
    return Call("s3", "get_object", {"Bucket": bucket, "Key": key})


def write(bucket: Output, key: str) -> Call:
    """Write an object, in a way that harms none that is there if the role should be let."""
    return Call("s3", "put_object", {"Bucket": bucket, "Key": key, "IfNoneMatch": "*"})


def delete(bucket: Output, key: str) -> Call:
    """Delete a version of an object that no object has."""
    return Call("s3", "delete_object", {"Bucket": bucket, "Key": key, "VersionId": "none"})


def look(bucket: Output) -> Call:
    """List a bucket."""
    return Call("s3", "list_objects_v2", {"Bucket": bucket})


def invoke(function: str) -> Call:
    """Invoke a function, without running it if the role should be let."""
    return Call("lambda", "invoke", {"FunctionName": function, "InvocationType": "DryRun"})


def hand_over(stream: str) -> Call:
    """Put a record of no model into a delivery stream."""
    records = [{"Data": json.dumps({"model": "probe", "date": "2026-01-05"})}]
    parameters = {"DeliveryStreamName": stream, "Records": records}
    return Call("firehose", "put_record_batch", parameters)


_DAY = "2026-01-05"
POINTER = keys.release_pointer(MODEL)
BUNDLE = f"{keys.bundle(MODEL, '1')}/model.onnx"
NEWEST = keys.newest_dataset(MODEL)
CAPTURE = f"{keys.captures(MODEL, _DAY)}/probe.gz"
READ_KEY = Call("secretsmanager", "get_secret_value", {"SecretId": Output.SIGNING_KEY})
RETRAIN = Call("stepfunctions", "start_execution", {"stateMachineArn": Output.STATE_MACHINE_ARN})


BUS = event_bus("local")


def announce(*kinds: tuple[str, str], buses: tuple[str, ...] = (BUS,)) -> Call:
    """Put events of these sources and types; they are of no stage, so that no rule takes them."""
    entries = [
        {"EventBusName": bus, "Source": source, "DetailType": kind, "Detail": "{}"}
        for source, kind in kinds
        for bus in buses
    ]
    return Call("events", "put_events", {"Entries": entries})


FOUND = (EVENT_SOURCE, DecisionKind.DRIFT_FOUND.value)
DEGRADED = (EVENT_SOURCE, DecisionKind.PERFORMANCE_DEGRADED.value)
ENDED = (EVENT_SOURCE, EVENT_TYPE)
FOREIGN = [
    announce(("probe", DecisionKind.DRIFT_FOUND.value)),
    announce(("probe", "probe")),
    announce((EVENT_SOURCE, "probe")),
    announce(FOUND, ("probe", "probe")),
    announce(ENDED, ("probe", EVENT_TYPE)),
]
# On another stage's bus, on the account's, and on those beside the own one.
ELSEWHERE = ((event_bus("prod"),), ("default",), (BUS, "default"), (BUS, event_bus("dev")))

PREDICT, CAPTURES = predict_function("local", MODEL), captures_function("local")
DRIFT, METRICS = drift_function("local", MODEL), metrics_function("local")
CONSOLE = console_function("local")
AUDIT = f"{keys.AUDIT}/probe.json"
READ_SESSION_KEY = Call("secretsmanager", "get_secret_value", {"SecretId": Output.SESSION_KEY})
TRAIN, RELEASE = "modelfleet-local-train", "modelfleet-local-release"
SCORING = "modelfleet-local-batch"

GRANTED: dict[str, list[Call]] = {
    PREDICT: [read(_ARTIFACTS, POINTER), read(_ARTIFACTS, BUNDLE), READ_KEY],
    TRAIN: [read(_LAKE, NEWEST), read(_ARTIFACTS, POINTER)],
    RELEASE: [read(_ARTIFACTS, POINTER), invoke(f"{PREDICT}:live"), announce(ENDED)],
    CAPTURES: [READ_KEY, hand_over("modelfleet-local-captures")],
    SCORING: [read(_ARTIFACTS, POINTER), read(_ARTIFACTS, BUNDLE)],
    DRIFT: [
        read(_ARTIFACTS, POINTER),
        read(_LAKE, NEWEST),
        announce(FOUND),
        announce(FOUND, DEGRADED),
    ],
    METRICS: [Call("cloudwatch", "list_metrics")],
    CONSOLE: [
        read(_ARTIFACTS, POINTER),
        write(_ARTIFACTS, AUDIT),
        READ_SESSION_KEY,
        invoke(RELEASE),
        invoke(f"{PREDICT}:live"),
    ],
}

FORBIDDEN: dict[str, list[Call]] = {
    PREDICT: [
        READ_SESSION_KEY,
        write(_ARTIFACTS, POINTER),
        write(_ARTIFACTS, BUNDLE),
        delete(_ARTIFACTS, POINTER),
        read(_ARTIFACTS, keys.release_pointer(OTHER)),
        read(_ARTIFACTS, f"{keys.bundle(OTHER, '1')}/model.onnx"),
        read(_ARTIFACTS, f"{keys.MLFLOW}/probe"),
        write(_LAKE, CAPTURE),
        write(_LAKE, NEWEST),
        read(_LAKE, CAPTURE),
        read(_LAKE, NEWEST),
        read(_LAKE, keys.feedback(OTHER, _DAY, "probe")),
        write(_LAKE, keys.feedback(OTHER, _DAY, "probe")),
        delete(_LAKE, keys.feedback(MODEL, _DAY, "probe")),
        look(_LAKE),
        invoke(predict_function("local", OTHER)),
        invoke(RELEASE),
        hand_over("modelfleet-local-captures"),
        RETRAIN,
    ],
    TRAIN: [
        READ_KEY,
        write(_ARTIFACTS, POINTER),
        delete(_ARTIFACTS, POINTER),
        delete(_ARTIFACTS, BUNDLE),
        write(_ARTIFACTS, keys.release_lock(MODEL)),
        write(_ARTIFACTS, keys.release_record(MODEL, "probe")),
        delete(_LAKE, NEWEST),
        write(_LAKE, CAPTURE),
        write(_LAKE, keys.feedback(MODEL, _DAY, "probe")),
        invoke(RELEASE),
        invoke(f"{PREDICT}:live"),
        RETRAIN,
        announce(FOUND),
        *FOREIGN,
    ],
    RELEASE: [
        READ_KEY,
        read(_LAKE, NEWEST),
        write(_LAKE, CAPTURE),
        write(_LAKE, keys.feedback(MODEL, _DAY, "probe")),
        write(_ARTIFACTS, BUNDLE),
        delete(_ARTIFACTS, POINTER),
        read(_ARTIFACTS, f"{keys.MLFLOW}/probe"),
        write(_ARTIFACTS, f"{keys.alias_moves(MODEL)}/probe.json"),
        invoke(TRAIN),
        RETRAIN,
        announce(FOUND),
        announce(ENDED, FOUND),
        *(announce(ENDED, buses=buses) for buses in ELSEWHERE),
        *FOREIGN,
    ],
    CAPTURES: [
        read(_LAKE, CAPTURE),
        write(_LAKE, CAPTURE),
        look(_LAKE),
        read(_ARTIFACTS, POINTER),
        invoke(PREDICT),
        hand_over("another"),
        RETRAIN,
    ],
    SCORING: [
        READ_KEY,
        read(_LAKE, NEWEST),
        read(_LAKE, CAPTURE),
        read(_LAKE, keys.feedback(MODEL, _DAY, "probe")),
        write(_LAKE, NEWEST),
        write(_ARTIFACTS, POINTER),
        write(_ARTIFACTS, BUNDLE),
        invoke(RELEASE),
        RETRAIN,
    ],
    DRIFT: [
        READ_KEY,
        write(_ARTIFACTS, POINTER),
        write(_ARTIFACTS, BUNDLE),
        read(_ARTIFACTS, keys.release_pointer(OTHER)),
        read(_ARTIFACTS, f"{keys.MLFLOW}/probe"),
        read(_LAKE, keys.feedback(OTHER, _DAY, "probe")),
        write(_LAKE, CAPTURE),
        write(_LAKE, keys.feedback(MODEL, _DAY, "probe")),
        write(_LAKE, NEWEST),
        invoke(RELEASE),
        RETRAIN,
        announce(ENDED),
        announce(FOUND, ENDED),
        *(announce(FOUND, buses=buses) for buses in ELSEWHERE),
        *FOREIGN,
    ],
    CONSOLE: [
        READ_KEY,
        write(_ARTIFACTS, POINTER),
        read(_ARTIFACTS, f"{keys.bundle(MODEL, '1')}/model.onnx"),
        write(_ARTIFACTS, BUNDLE),
        write(_ARTIFACTS, keys.latest_summary(MODEL)),
        write(_ARTIFACTS, keys.release_record(MODEL, "probe")),
        delete(_ARTIFACTS, AUDIT),
        read(_LAKE, NEWEST),
        read(_LAKE, CAPTURE),
        write(_LAKE, NEWEST),
        look(_LAKE),
        invoke(PREDICT),
        invoke(TRAIN),
        Call("cognito-idp", "list_users", {"UserPoolId": Output.USER_POOL_ID}),
        announce(FOUND),
        *FOREIGN,
    ],
    METRICS: [
        READ_KEY,
        READ_SESSION_KEY,
        read(_ARTIFACTS, POINTER),
        look(_ARTIFACTS),
        look(_LAKE),
        invoke(PREDICT),
        announce(FOUND),
        *FOREIGN,
    ],
}

Try = Callable[[str, list[Call]], list[str]]


@pytest.fixture(scope="module")
def attempt(cloud: Cloud, first_release: dict[str, Any]) -> Iterator[Try]:
    """Make calls with a function's role; gives the error's code of each, or `done`."""
    assert first_release["champion"]
    client, made = cloud.client("lambda"), []

    def run(function: str, calls: list[Call]) -> list[str]:
        name = f"probe-{function}"
        if name not in made:
            made.append(name)
            _create_probe(client, name, function)
        payload = json.dumps([call.filled_in(cloud) for call in calls])
        answer = client.invoke(FunctionName=name, Payload=payload)
        content = answer["Payload"].read()
        assert "FunctionError" not in answer, content
        codes: list[str] = json.loads(content)
        return codes

    yield run
    for name in made:
        client.delete_function(FunctionName=name)


@pytest.mark.parametrize("function", GRANTED)
def test_granted_calls_pass(attempt: Try, function: str) -> None:
    """With its own role, what a function lives by succeeds: a probe that fails proves nothing."""
    assert set(attempt(function, GRANTED[function])) == {"done"}


@pytest.mark.parametrize("function", FORBIDDEN)
def test_forbidden_calls_are_refused(attempt: Try, function: str) -> None:
    """Whatever is none of a function's business, its role is refused."""
    calls = FORBIDDEN[function]
    codes = attempt(function, calls)
    let = [
        (call, code)
        for call, code in zip(calls, codes, strict=True)
        if not code.startswith("AccessDenied")
    ]
    assert not let


def test_every_function_is_in_the_table(cloud: Cloud) -> None:
    """A function that is added to the fleet is added to the table, or shares a row by its kind."""
    pages = cloud.client("lambda").get_paginator("list_functions").paginate()
    names = {each["FunctionName"] for page in pages for each in page["Functions"]}
    deployed = {name for name in names if name.startswith("modelfleet-local-")}
    kinds = (predict_function("local", ""), drift_function("local", ""))
    of_models = {name for name in deployed if name.startswith(kinds)}
    assert FORBIDDEN.keys() == GRANTED.keys() == deployed - of_models | {PREDICT, DRIFT}


def _create_probe(client: Any, name: str, function: str) -> None:
    role = client.get_function_configuration(FunctionName=function)["Role"]
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("probe.py", _PROBE)
    client.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.13",
        Handler="probe.handler",
        Code={"ZipFile": package.getvalue()},
        Timeout=120,
    )
