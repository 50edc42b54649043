"""Bulk scoring jobs: input brought, machine started and followed, results fetched."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.cloud import Cloud
from cli.output.errors import FleetError
from cli.output.files import require_writable, whole_file
from modelfleet.domain.batch import BatchOutcome, BatchRequest, TableFormat, table_format
from modelfleet.domain.deployment import Output
from modelfleet.domain.ports import ObjectStore
from modelfleet.pipelines.batch_job import BatchJob, planned

_POLL_SECONDS = 0.5
_RUNNING = "RUNNING"
_SUCCEEDED = "SUCCEEDED"
_S3 = "s3://"


@dataclass(frozen=True)
class Progress:
    """How far a job is: parts that are scored, of how many; `None` while it is being cut."""

    scored: int
    parts: int | None

    def __str__(self) -> str:
        """In words."""
        return "cutting the input" if self.parts is None else f"parts {self.scored}/{self.parts}"


def new_job() -> str:
    """A job's name, in the order of their starts."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def bring(cloud: Cloud, source: str, job: BatchJob) -> TableFormat:
    """Copy the input into the job's folder, as the caller may read it and the function may not.

    Raises
    ------
    FleetError
        If there is no such file.
    """
    kind = table_format(source)
    client, bucket, key = cloud.client("s3"), cloud.output(Output.LAKE_BUCKET), job.input(kind)
    if source.startswith(_S3):
        client.copy(_address(source), bucket, key)
    elif Path(source).is_file():
        client.upload_file(source, bucket, key)
    else:
        raise FleetError(f"there is no file {source}")
    return kind


def brought(store: ObjectStore, job: BatchJob) -> TableFormat:
    """The format of a job's input that was brought before.

    Raises
    ------
    FleetError
        If there is no such job.
    """
    there = set(store.keys(job.folder))
    for kind in TableFormat:
        if job.input(kind) in there:
            return kind
    raise FleetError(f"{job.model} has no job {job.job}; its files are kept for 30 days")


def start(cloud: Cloud, request: BatchRequest) -> str:
    """Start an execution for a job and answer its ARN."""
    answer = cloud.client("stepfunctions").start_execution(
        stateMachineArn=cloud.output(Output.BATCH_MACHINE_ARN), input=request.model_dump_json()
    )
    return str(answer["executionArn"])


def follow(cloud: Cloud, arn: str, job: BatchJob) -> Iterator[Progress]:
    """Every change of a job until its execution ends."""
    store, client = cloud.store(Output.LAKE_BUCKET), cloud.client("stepfunctions")
    seen: Progress | None = None
    parts: int | None = None
    while True:
        running = client.describe_execution(executionArn=arn)["status"] == _RUNNING
        parts = parts or _parts(store, job)
        progress = Progress(sum(1 for _ in store.keys(job.finished_parts)), parts)
        if progress != seen:
            yield progress
        if not running:
            return
        seen = progress
        time.sleep(_POLL_SECONDS)


def outcome(cloud: Cloud, arn: str, job: BatchJob) -> BatchOutcome:
    """What came of a job.

    Raises
    ------
    FleetError
        If its execution failed; the text says why, and how to go on.
    """
    found = cloud.client("stepfunctions").describe_execution(executionArn=arn)
    if found["status"] != _SUCCEEDED:
        failed = f"the job {job.job} ended as {found['status']}: {_cause(found)}"
        # What could not even be cut needs another input.
        if planned(cloud.store(Output.LAKE_BUCKET), job) is None:
            raise FleetError(failed)
        again = f"fleet batch {job.model} --resume {job.job} --out … --stage {cloud.stage}"
        raise FleetError(f"{failed}\ngo on with: {again}")
    return BatchOutcome.model_validate_json(found["output"])


def fetch(cloud: Cloud, key: str, target: str) -> None:
    """Copy an object of the job to where the caller wants it."""
    client, bucket = cloud.client("s3"), cloud.output(Output.LAKE_BUCKET)
    if target.startswith(_S3):
        there = _address(target)
        client.copy({"Bucket": bucket, "Key": key}, there["Bucket"], there["Key"])
        return
    with whole_file(Path(target)) as file:
        client.download_file(bucket, key, str(file))


def require_target(target: str) -> None:
    """Find out whether results can be written before there are any.

    Raises
    ------
    FleetError
        If they cannot, or an object's address is not whole.
    """
    if target.startswith(_S3):
        _address(target)
    else:
        require_writable(Path(target))


def errors_beside(target: str) -> str:
    """Where the errors go that belong to results: `out.csv` and `out.errors.jsonl`."""
    suffix = target[target.rindex(".") :] if "." in target.rpartition("/")[2] else ""
    return f"{target.removesuffix(suffix)}.errors.jsonl"


def _parts(store: ObjectStore, job: BatchJob) -> int | None:
    plan = planned(store, job)
    return len(plan.parts) if plan else None


def _address(url: str) -> dict[str, str]:
    bucket, _, key = url.removeprefix(_S3).partition("/")
    if not bucket or not key:
        raise FleetError(f"{url}: an object is named s3://BUCKET/KEY")
    return {"Bucket": bucket, "Key": key}


def _cause(found: dict[str, Any]) -> str:
    """The function's own sentence, where the cause is its error document."""
    cause = str(found.get("cause", ""))
    try:
        document = json.loads(cause)
    except ValueError:
        return cause or str(found.get("error"))
    return str(document.get("errorMessage", cause)) if isinstance(document, dict) else cause
