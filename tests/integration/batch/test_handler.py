"""The batch function's handler over an S3 that speaks HTTP, in objects of several uploads."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.batch.handler import handler
from modelfleet.adapters.object_store import BucketObjectStore, s3_store
from modelfleet.batch.job_files import BatchJob
from modelfleet.bootstrap import batch
from modelfleet.catalogue import find
from modelfleet.settings import BatchSettings
from modelfleet.spec.errors import (
    BatchError,
    ConflictError,
    ObjectNotFoundError,
    UnknownModelError,
)
from tests.aws import aws_services
from tests.serving import put_bundle, put_pointer

SPEC = find("bankchurn")
LAKE, ARTIFACTS = "lake", "artifacts"
REQUEST = {"model": SPEC.name, "job": "j1", "input_format": "csv", "output_format": "jsonl"}
ROWS = 12_000


@pytest.fixture
def endpoint() -> Iterator[str]:
    """Serve AWS of the test's own."""
    with aws_services() as address:
        yield address


@pytest.fixture
def lake(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> BucketObjectStore:
    """Both buckets on a server of the test's own, and the function's environment."""
    settings = BatchSettings(stage="test", lake_bucket=LAKE, artifacts_bucket=ARTIFACTS)
    variables = settings.to_environment() | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for name in (LAKE, ARTIFACTS):
        boto3.client("s3").create_bucket(Bucket=name)
    batch.batch_settings.cache_clear()
    batch.batch_version.cache_clear()
    return s3_store(LAKE)


def test_a_job_from_its_input_to_its_results(lake: BucketObjectStore) -> None:
    """Split, score and merge hand over through the bucket alone, and the counts agree."""
    artifacts = s3_store(ARTIFACTS)
    put_bundle(artifacts, SPEC, "1")
    put_pointer(artifacts, SPEC.name, "1")
    example = SPEC.features.example()
    row = ",".join(map(str, example.values()))
    text = f"{','.join(example)}\n" + f"{row}\n" * ROWS
    lake.put(BatchJob(SPEC.name, "j1").folder + "/input.csv", text.encode())
    plan = _step("split")
    assert (plan["rows"], plan["parts"]) == (ROWS, [0, 1])
    assert [_step("score", part=part)["scored"] for part in plan["parts"]] == [10_000, 2_000]
    outcome = _step("merge")
    assert (outcome["read"], outcome["scored"], outcome["failed"]) == (ROWS, ROWS, 0)
    assert len(lake.get(outcome["results"]).content.splitlines()) == ROWS
    assert lake.get(outcome["errors"]).content == b""


def test_a_large_object_is_written_and_read_in_pieces(lake: BucketObjectStore) -> None:
    """What is larger than one upload arrives whole, and can be read from any position."""
    piece = bytes(range(256)) * 4096 * 3
    with lake.writing("large") as file:
        for _ in range(6):
            file.write(piece)
    with lake.open("large") as file:
        assert file.read() == piece * 6
        file.seek(-5, 2)
        assert file.read() == piece[-5:]


def test_a_large_object_that_fails_half_way_is_never_there(lake: BucketObjectStore) -> None:
    """An upload that was begun is not completed after an error."""

    def fail() -> None:
        with lake.writing("half") as file:
            file.write(b"x" * 20_000_000)
            raise ConflictError

    with pytest.raises(ConflictError):
        fail()
    with pytest.raises(ObjectNotFoundError):
        lake.get("half")


HOSTILE = "evil\u202e\n" * 100


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"step": "train", "request": REQUEST},
        {"step": "split"},
        {"step": "split", "request": REQUEST | {"job": "../../models"}},
        {"step": "score", "request": REQUEST},
        {"step": "score", "request": REQUEST, "part": "0"},
        {"step": "score", "request": REQUEST, "part": True},
        {"step": "score", "request": REQUEST, "part": -1},
        {"step": "score", "request": REQUEST, "part": float("nan")},
        {"step": HOSTILE, "request": REQUEST},
        {"step": [HOSTILE], "request": REQUEST, HOSTILE: 1},
    ],
)
def test_an_event_that_cannot_be_read_is_an_error_of_the_job(
    event: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named, no other job's objects can be reached by it, and its text is no log key."""
    with pytest.raises(BatchError):
        handler(event, None)
    (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert line["reason"].isascii()
    assert len(line["reason"]) < 1000
    assert HOSTILE not in line.values()


def test_an_unknown_model_is_no_key_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Its name is quoted in the reason."""
    with pytest.raises(UnknownModelError):
        handler({"step": "split", "request": REQUEST | {"model": HOSTILE}}, None)
    (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert "model" not in line
    assert len(line["reason"]) < 1000


def _step(step: str, **more: Any) -> dict[str, Any]:
    return handler({"step": step, "request": REQUEST, **more}, None)
