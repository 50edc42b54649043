"""Executions of a stage's state machines: retrainings, releases, and batch jobs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from itertools import chain
from typing import Any

from botocore.exceptions import ClientError

from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.pages.text import one_line
from modelfleet.resource_names import Output
from modelfleet.retraining.state import LONGEST_NAME

_RUNNING = "RUNNING"
_UNKNOWN = "-"
# No such execution, or a text that cannot be the name of one.
_ABSENT = frozenset({"ExecutionDoesNotExist", "InvalidArn"})
# More executions than these do not run at the same time.
_SEARCHED = 100


class JobKind(StrEnum):
    """What an execution does."""

    RETRAINING = "retraining"
    BATCH = "batch"


_MACHINES = {
    JobKind.RETRAINING: Output.STATE_MACHINE_ARN,
    JobKind.BATCH: Output.BATCH_MACHINE_ARN,
}


@dataclass(frozen=True)
class Job:
    """An execution. Its ID is that of the batch job, otherwise the execution's name.

    Where the execution's input is invalid, `model` is a dash and the ID is the execution's name.
    `ended_at` is `None` while it is running.
    """

    id: str
    kind: JobKind
    model: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    arn: str

    @property
    def running(self) -> bool:
        """Whether the execution is running."""
        return self.status == _RUNNING


def list_jobs(cloud: Cloud, last: int) -> list[Job]:
    """Return the latest executions of each kind, newest first."""
    found = [job for kind in JobKind for job in _jobs(cloud, kind, limit=last)]
    return sorted(found, key=lambda job: job.started_at, reverse=True)


def find_job(cloud: Cloud, wanted: str) -> Job:
    """Return an execution by its ID, running or ended.

    Raises
    ------
    FleetError
        If there is none.
    """
    client = cloud.client("stepfunctions")
    for kind in JobKind:
        # An execution's ARN is its machine's with the kind replaced and the name appended.
        machine = cloud.output(_MACHINES[kind])
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{wanted}"
        try:
            return _job(kind, client.describe_execution(executionArn=arn))
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
    near = get_close_matches(wanted, [job.id for job in list_jobs(cloud, _SEARCHED)], n=1)
    raise _unknown("no job", wanted, near)


def stop_job(cloud: Cloud, wanted: str, by: str) -> Job:
    """Stop a running execution, and return it.

    Raises
    ------
    FleetError
        If no running execution has the ID.
    """
    found = (_jobs(cloud, kind, limit=_SEARCHED, statusFilter=_RUNNING) for kind in JobKind)
    running = {job.id: job for job in chain.from_iterable(found) if job.running}
    if wanted not in running:
        raise _unknown("no running job", wanted, get_close_matches(wanted, running, n=1))
    job = running[wanted]
    cloud.client("stepfunctions").stop_execution(
        executionArn=job.arn, error="Stopped", cause=f"stopped by {by}"
    )
    return job


def _unknown(what: str, wanted: str, near: list[str]) -> FleetError:
    meant = f"did you mean {near[0]}?" if near else "list them with `fleet jobs`"
    return FleetError(f"{what} {wanted!r}; {meant}", code="unknown_job")


def _jobs(cloud: Cloud, kind: JobKind, *, limit: int, **wanted: str) -> Iterator[Job]:
    client = cloud.client("stepfunctions")
    machine = cloud.output(_MACHINES[kind])
    listed = client.list_executions(stateMachineArn=machine, maxResults=limit, **wanted)
    for each in listed["executions"][:limit]:
        arn = each["executionArn"]
        yield _job(kind, each | {"input": client.describe_execution(executionArn=arn).get("input")})


def _job(kind: JobKind, described: dict[str, Any]) -> Job:
    given, ended = _input(described.get("input")), described.get("stopDate")
    name, job = described["executionArn"].rpartition(":")[2], _name(given.get("job"))
    return Job(
        id=job if kind is JobKind.BATCH and job != _UNKNOWN else name,
        kind=kind,
        model=_name(given.get("model") or _detail(given).get("model")),
        status=described["status"],
        started_at=described["startDate"].astimezone(UTC),
        ended_at=ended.astimezone(UTC) if ended else None,
        arn=described["executionArn"],
    )


def _input(text: str | None) -> dict[str, Any]:
    try:
        given = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _detail(given: dict[str, Any]) -> dict[str, Any]:
    """What an event that started the execution says."""
    detail = given.get("detail")
    return detail if isinstance(detail, dict) else {}


def _name(value: object) -> str:
    return one_line(value, LONGEST_NAME) if isinstance(value, str) and value else _UNKNOWN
