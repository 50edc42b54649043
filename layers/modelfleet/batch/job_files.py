"""Keys of a batch job's input, parts, and results in the lake bucket."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelfleet.batch.job import BatchPlan, BatchRequest, PartOutcome
from modelfleet.spec.errors import ObjectNotFoundError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import FileKind


@dataclass(frozen=True)
class BatchJob:
    """Keys of one job."""

    model: str
    job: str

    @property
    def folder(self) -> str:
        """Key prefix for all of the job's objects."""
        return keys.batch(self.model, self.job)

    @property
    def pinned(self) -> str:
        """Version that scores the job."""
        return f"{self.folder}/pinned.json"

    @property
    def plan(self) -> str:
        """Plan of the job, written after all parts."""
        return f"{self.folder}/plan.json"

    @property
    def finished_parts(self) -> str:
        """Folder with one object per scored part."""
        return f"{self.folder}/finished"

    @property
    def errors(self) -> str:
        """Rows that could not be scored, as JSON Lines."""
        return f"{self.folder}/errors.jsonl"

    def input(self, kind: FileKind) -> str:
        """Return the key of the table to score."""
        return f"{self.folder}/input.{kind}"

    def results(self, kind: FileKind) -> str:
        """Return the key of the merged results."""
        return f"{self.folder}/results.{kind}"

    def part(self, number: int) -> str:
        """Return the key of a part's rows."""
        return f"{self.folder}/parts/{number:06}.jsonl"

    def part_results(self, number: int) -> str:
        """Return the key of a part's results."""
        return f"{self.folder}/scored/{number:06}.jsonl"

    def part_errors(self, number: int) -> str:
        """Return the key of a part's rows that could not be scored."""
        return f"{self.folder}/failed/{number:06}.jsonl"

    def finished(self, number: int) -> str:
        """Return the key of a part's outcome, written after its results and errors."""
        return f"{self.finished_parts}/{number:06}.json"


def job_of(request: BatchRequest) -> BatchJob:
    """Return the job of a request."""
    return BatchJob(request.model, request.job)


def planned(lake: ObjectStore, job: BatchJob) -> BatchPlan | None:
    """Return the plan of a job, or `None` if it has not been split."""
    try:
        return BatchPlan.parse(lake.get(job.plan).content)
    except ObjectNotFoundError:
        return None


def finished(lake: ObjectStore, job: BatchJob, part: int) -> PartOutcome | None:
    """Return the outcome of a part, or `None` if it has not been scored."""
    try:
        return PartOutcome.model_validate_json(lake.get(job.finished(part)).content)
    except ObjectNotFoundError:
        return None


def json_lines(content: bytes) -> Iterator[Any]:
    """Parse JSON Lines."""
    return (json.loads(line) for line in content.split(b"\n") if line)
