"""The release function's handler on an S3 over HTTP, with the events of its two callers."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests

from functions.release.handler import handler
from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.adapters.object_store import s3_store
from modelfleet.bootstrap import release
from modelfleet.catalogue import find
from modelfleet.drift.reports import SUMMARY_FILE
from modelfleet.evaluation.gate import Decision, Verdict
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.release.lock import ReleaseLock
from modelfleet.release.requests import (
    ALARM_CHANGE,
    READ_DECISION,
    STATUS_CHANGE,
    VALIDATE_REQUEST,
)
from modelfleet.retraining.state import (
    Evaluated,
    Prepared,
    Registered,
    RetrainingRequest,
    RetrainingState,
    Step,
    Trigger,
)
from modelfleet.settings import ReleaseSettings
from modelfleet.spec.errors import (
    CallError,
    FunctionNotReadyError,
    ModelfleetError,
    ReleaseError,
    RequestError,
    UnknownModelError,
)
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.aws import aws_services
from tests.serving import put_bundle

SPEC = find("telecom")
BUCKET = "artifacts"
ROLLBACK: dict[str, Any] = {
    "action": "rollback",
    "model": "telecom",
    "by": "ada",
    "reason": "complaints",
}


EXPERIMENT: dict[str, Any] = {
    "action": "experiment",
    "model": "telecom",
    "version": "2",
    "mode": "ab",
    "share": 0.5,
    "by": "ada",
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Serve moto's S3 on a free port of the loopback interface."""
    with aws_services() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """An artifacts bucket with two registered versions, and the function's environment."""
    settings = ReleaseSettings(
        stage="test",
        artifacts_bucket=BUCKET,
        lake_bucket=BUCKET,
        predict_alias="live",
        shares="0.1 0.5",
        wait_seconds=0,
        minimum_predictions=10,
        waits_maximum=0,
        without_traffic="advance",
        approval_hours=24,
        approval_reminder_hours=24,
        lock_wait_seconds=1,
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
    created = boto3.resource("s3").create_bucket(Bucket=BUCKET)
    release.release_store.cache_clear()
    release.release_settings.cache_clear()
    store = s3_store(BUCKET)
    for version in ("1", "2"):
        put_bundle(store, SPEC, version)
    yield store
    created.objects.all().delete()
    created.delete()


def step(version: str, name: Step = Step.PROMOTE) -> dict[str, Any]:
    """The machine's event for a version that the gate promotes."""
    verdict = Verdict(decision=Decision.PROMOTE, reasons=("better",))
    state = RetrainingState(
        model=SPEC.name,
        execution="execution-1",
        evaluated=Evaluated(verdict=verdict, metrics={}),
        registered=Registered(version=version),
    )
    return {"step": name.value, "state": state.model_dump(mode="json")}


def test_the_machine_releases_and_a_person_takes_back(bucket: ObjectStore) -> None:
    """A lock, a first release that is delivered twice, its end, an experiment, and rollbacks."""
    first = step("1")["state"]
    asked = [step("1", name) for name in (Step.LOCK, Step.PROMOTE, Step.PROMOTE, Step.FINISH)]
    asked[-1]["state"] = first | {"released": {"champion": "1"}}
    answers = [handler(event, None) for event in asked]
    assert answers[0]["outcome"] == "held"
    assert answers[1:3] == [{"champion": "1", "previous": None}] * 2
    assert answers[3]["outcome"] == "released"
    handler(EXPERIMENT, None)
    pointer = ReleasePointer.parse(bucket.get(keys.release_pointer(SPEC.name)).content)
    assert pointer.challenger is not None
    assert (pointer.challenger.version, pointer.challenger.mode) == ("2", "ab")
    handler(ROLLBACK | {"champion": "1"}, None)
    assert handler(ROLLBACK | {"to": "2"}, None) == {"champion": "2", "previous": "1"}
    pointer = ReleasePointer.parse(bucket.get(keys.release_pointer(SPEC.name)).content)
    assert (pointer.champion, pointer.written_by) == ("2", "ada")


def test_an_aborted_execution_leaves_the_lock_free(bucket: ObjectStore) -> None:
    """Step Functions' own event ends what the execution could not end itself."""
    handler(step("1", Step.LOCK), None)
    detail = {
        "name": "execution-1",
        "status": "ABORTED",
        "stateMachineArn": "arn",
        "executionArn": "arn",
        "input": json.dumps({"model": SPEC.name}),
    }
    event = {"detail-type": "Step Functions Execution Status Change", "detail": detail}
    assert handler(event, None)["outcome"] == "failed"
    lock = ReleaseLock.parse(bucket.get(keys.release_lock(SPEC.name)).content)
    assert lock.holder is None
    (record,) = bucket.keys(keys.release_history(SPEC.name))
    assert b"ABORTED" in bucket.get(record).content


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({}, "unknown action"),
        ({"step": "train"}, "unknown action"),
        ({"step": "promote"}, "invalid event fields"),
        ({"step": "promote", "state": {"model": "telecom"}}, "execution"),
        ({"action": "rollback", "model": "telecom"}, "reason"),
        ({"action": "experiment", "model": "telecom", "mode": "canary"}, "version"),
        ({"detail-type": "Step Functions Execution Status Change", "detail": {}}, "name"),
    ],
)
def test_an_event_that_cannot_be_read_is_a_permanent_error(
    bucket: ObjectStore, event: dict[str, Any], named: str
) -> None:
    """The machine must not try it again, so it is one of the domain's errors."""
    with pytest.raises(ReleaseError, match=named):
        handler(event, None)


def test_a_long_input_of_an_aborted_execution_is_read(
    bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step Functions' event has no input of that size, so the execution is asked for it."""
    handler(step("1", Step.LOCK), None)
    asked: list[dict[str, Any]] = []

    def call(_client: AwsJsonClient, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        asked.append({"operation": operation, **parameters})
        return {"status": "ABORTED", "input": json.dumps({"model": SPEC.name}) + " " * 300_000}

    monkeypatch.setattr(AwsJsonClient, "call", call)
    monkeypatch.setattr(release, "announce", lambda _record: None)
    detail = {"name": "execution-1", "status": "ABORTED", "executionArn": "arn:e1"}
    event = {"detail-type": STATUS_CHANGE, "detail": detail}
    assert handler(event, None)["outcome"] == "failed"
    assert asked == [{"operation": "DescribeExecution", "executionArn": "arn:e1"}]
    assert ReleaseLock.parse(bucket.get(keys.release_lock(SPEC.name)).content).holder is None


def test_a_request_to_resume_is_completed_from_the_history(
    bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The execution is one of the same machine, and its last result is on the second page."""
    assert bucket is not None
    prepared = Prepared(dataset_version="d1", rows={}, quarantined=0)
    state = RetrainingState(model="telecom", execution="e1", prepared=prepared)
    left = {"stateExitedEventDetails": {"name": "Prepare", "output": state.model_dump_json()}}
    asked: list[tuple[str, str]] = []

    def call(_client: AwsJsonClient, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        asked.append((operation, parameters["executionArn"]))
        if operation == "DescribeExecution":
            return {"status": "FAILED"}
        return {"events": [left]} if "nextToken" in parameters else {"events": [], "nextToken": "2"}

    monkeypatch.setattr(AwsJsonClient, "call", call)
    request_ = {"model": "telecom", "resume": "e1", "by": "ada"}
    event = {"action": VALIDATE_REQUEST, "request": request_, "execution_arn": "arn:machine:e2"}
    answer = handler(event, None)
    assert (answer["work"], answer["prepared"]["dataset_version"]) == ("e1", "d1")
    assert "trained" not in answer
    assert asked == [
        ("DescribeExecution", "arn:machine:e1"),
        *[("GetExecutionHistory", "arn:machine:e1")] * 2,
    ]


def test_an_unknown_execution_is_not_resumed(
    bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step Functions' error becomes a refusal, which nothing tries again."""
    assert bucket is not None

    def call(*_: object) -> dict[str, Any]:
        raise CallError("DescribeExecution: ExecutionDoesNotExist", transient=False)

    monkeypatch.setattr(AwsJsonClient, "call", call)
    request_ = {"model": "telecom", "resume": "e1"}
    event = {"action": VALIDATE_REQUEST, "request": request_, "execution_arn": "arn:machine:e2"}
    with pytest.raises(RequestError, match="no execution e1"):
        handler(event, None)


def test_a_decision_is_worded_with_a_link_that_opens(bucket: ObjectStore) -> None:
    """The link is to the run's own report, whatever the event says of it."""
    detail = {
        "model": "telecom",
        "version": "7",
        "action": "warn",
        "window_end": "2026-01-05T06:00:00+00:00",
        "evidence": ["PSI 1.83"],
        "link": "https://evil",
    }
    event = {"detail-type": "drift found", "detail": detail}
    summary = f"{keys.report(SPEC.name, datetime(2026, 1, 5, 6, tzinfo=UTC))}/{SUMMARY_FILE}"
    bucket.put(summary, b"<html>")
    told = handler({"action": READ_DECISION, "event": event}, None)
    (link,) = [line for line in told["message"].splitlines() if line.startswith("Report: ")]
    page = requests.get(link.removeprefix("Report: "), timeout=10)
    assert page.content == b"<html>"
    assert "evil" not in told["message"]


HOSTILE = "evil\u202e\n" * 100


@pytest.mark.parametrize(
    "event",
    [
        {"action": HOSTILE},
        {"action": [HOSTILE]},
        {"step": HOSTILE},
        {"step": "promote", "state": {"model": HOSTILE, "execution": HOSTILE, HOSTILE: 1}},
        {"step": "promote", "state": {"model": "nosuch", "execution": "e"}},
        {"action": VALIDATE_REQUEST, "request": {"model": HOSTILE}},
        {"action": VALIDATE_REQUEST, "request": {"model": "nosuch"}},
        {"action": READ_DECISION, "event": {"detail-type": HOSTILE}},
        ROLLBACK | {"model": HOSTILE},
        ROLLBACK | {"model": "nosuch"},
        {"detail-type": STATUS_CHANGE, "detail": {"name": HOSTILE, "executionArn": HOSTILE}},
        {"detail-type": ALARM_CHANGE, "detail": {"alarmName": HOSTILE, "state": {"value": 1}}},
    ],
    ids=ascii,
)
def test_a_sender_s_text_is_no_key_of_the_log(
    bucket: ObjectStore, event: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Unchecked text is quoted in a message of bounded length, or left out."""
    with pytest.raises(ModelfleetError):
        handler(event, None)
    (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert not {"model", "execution_id", "step", "alarm"} & line.keys()
    assert line.get("action") in (None, VALIDATE_REQUEST, READ_DECISION)
    assert line["reason"].isascii()
    assert line["reason"].isprintable()
    assert len(line["reason"]) < 1000


def test_the_function_is_light() -> None:
    """It is a zip with a layer: beside pydantic and obstore it loads no library."""
    program = (
        "import json, sys; import functions.release.handler; import modelfleet.release.promote;"
        "import modelfleet.release.check_trial, modelfleet.release.smoke_test;"
        "import modelfleet.release.finish, modelfleet.drift.notice, modelfleet.drift.reports;"
        "import modelfleet.adapters.object_store;"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})));"
        "print('botocore.session' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    loaded, uses_sdk = answer.stdout.splitlines()
    # Powertools imports botocore's empty package where there is one, to see whether there is.
    heavy = {"numpy", "pandas", "boto3", "mlflow", "fastapi", "onnxruntime", "jinja2"}
    assert {"pydantic", "obstore"} <= set(json.loads(loaded))
    assert heavy & set(json.loads(loaded)) == set()
    assert uses_sdk == "False"


def test_a_request_is_completed() -> None:
    """What is not said is filled in, as every later state needs it."""
    event = {"action": VALIDATE_REQUEST, "request": {"model": "telecom", "trigger": "schedule"}}
    answer = handler(event, None)
    assert answer == RetrainingRequest(model="telecom", trigger=Trigger.SCHEDULE).model_dump(
        mode="json"
    )


@pytest.mark.parametrize(
    "request_", [None, {}, {"model": "telecom", "trigger": "drift", "version": "7"}]
)
def test_a_request_is_refused(request_: object) -> None:
    """The first state fails with an error that nothing tries again."""
    with pytest.raises(RequestError, match="retraining request refused"):
        handler({"action": VALIDATE_REQUEST, "request": request_}, None)


def test_a_request_for_no_model_of_the_fleet() -> None:
    """A name that is well formed and unknown is refused before a lock is written."""
    with pytest.raises(UnknownModelError, match="nosuch"):
        handler({"action": VALIDATE_REQUEST, "request": {"model": "nosuch"}}, None)


def test_the_end_of_a_refused_execution_is_no_error() -> None:
    """Step Functions' own event of it is answered, and not tried again."""
    detail = {
        "name": "e",
        "status": "FAILED",
        "executionArn": "arn",
        "input": '{"model": "telecom", "x": 1}',
    }
    answer = handler({"detail-type": STATUS_CHANGE, "detail": detail}, None)
    assert answer == {"execution": "e", "status": "FAILED"}


@pytest.mark.parametrize(
    ("failed", "raised"),
    [
        (CallError("throttled", transient=True), ConnectionError),
        (FunctionNotReadyError("pending"), FunctionNotReadyError),
        (CallError("denied", transient=False), CallError),
    ],
)
def test_the_name_of_an_error_decides_on_retries(
    failed: CallError, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine retries at once, after a minute, or not at all."""

    def fail() -> None:
        raise failed

    monkeypatch.setattr(
        "functions.release.handler.read_call", lambda _event: SimpleNamespace(keys={}, run=fail)
    )
    with pytest.raises(Exception, match=str(failed)) as seen:
        handler({}, None)
    assert type(seen.value) is raised
