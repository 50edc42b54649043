"""Start, progress, and results of batch jobs."""

import json
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.batch.job import BatchOutcome, BatchPlan, BatchRequest
from modelfleet.batch.job_files import BatchJob, planned
from modelfleet.resource_names import Output
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import FileKind

_POLL_SECONDS = 0.5
_RUNNING = "RUNNING"
_SUCCEEDED = "SUCCEEDED"


@dataclass(frozen=True)
class Progress:
    """Rows done, scored or failed, and all rows of a job; `None` while the input is being read."""

    done: int
    rows: int | None

    def __str__(self) -> str:
        """Return the progress as text."""
        if self.rows is None:
            return "reading the input"
        return f"rows {self.done:,}/{self.rows:,}"


def new_job() -> str:
    """Return a new job ID; IDs sort by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def uploaded_format(store: ObjectStore, job: BatchJob) -> FileKind:
    """Return the format of an existing job's input.

    Raises
    ------
    FleetError
        If there is no such job.
    """
    existing = set(store.keys(job.folder))
    for kind in FileKind:
        if job.input(kind) in existing:
            return kind
    raise FleetError(f"{job.model} has no job {job.job}; the files of a job are kept for 30 days")


def start(cloud: Cloud, request: BatchRequest) -> str:
    """Start an execution for a job and return its ARN."""
    response = cloud.client("stepfunctions").start_execution(
        stateMachineArn=cloud.output(Output.BATCH_MACHINE_ARN), input=request.model_dump_json()
    )
    return str(response["executionArn"])


def follow(cloud: Cloud, arn: str, job: BatchJob) -> Iterator[Progress]:
    """Yield each change of a job's progress until its execution ends."""
    store, client = cloud.store(Output.LAKE_BUCKET), cloud.client("stepfunctions")
    seen: Progress | None = None
    plan: BatchPlan | None = None
    while True:
        running = client.describe_execution(executionArn=arn)["status"] == _RUNNING
        plan = plan or planned(store, job)
        progress = _progress(plan, store.keys(job.finished_parts))
        if progress != seen:
            yield progress
        if not running:
            return
        seen = progress
        time.sleep(_POLL_SECONDS)


def require_outcome(cloud: Cloud, arn: str, job: BatchJob) -> BatchOutcome:
    """Return the result of a completed job.

    Raises
    ------
    FleetError
        If its execution failed.
    """
    found = cloud.client("stepfunctions").describe_execution(executionArn=arn)
    if found["status"] != _SUCCEEDED:
        failed = f"job {job.job} ended with status {found['status']}: {_cause(found)}"
        # If the input could not be split, the job cannot be resumed.
        if planned(cloud.store(Output.LAKE_BUCKET), job) is None:
            raise FleetError(failed)
        resume = f"fleet batch {job.model} --resume {job.job} --out FILE"
        raise FleetError(f"{failed}\nresume it with `{resume}`")
    return BatchOutcome.model_validate_json(found["output"])


def _progress(plan: BatchPlan | None, finished: Iterable[str]) -> Progress:
    """Count the rows of finished parts, each of which has an object named by its number."""
    if plan is None:
        return Progress(0, None)
    sizes = dict(zip(plan.parts, plan.sizes, strict=False))
    numbers = (int(PurePosixPath(key).stem) for key in finished)
    return Progress(sum(sizes.get(number, 0) for number in numbers), plan.rows)


def _cause(found: dict[str, Any]) -> str:
    """Return the function's error message if the cause is an error document, else the cause."""
    cause = str(found.get("cause", ""))
    try:
        document = json.loads(cause)
    except ValueError:
        return cause or str(found.get("error"))
    return str(document.get("errorMessage", cause)) if isinstance(document, dict) else cause
