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
    """The keys of one job."""

    model: str
    job: str

    @property
    def folder(self) -> str:
        """All of the job lies below it."""
        return keys.batch(self.model, self.job)

    @property
    def pinned(self) -> str:
        """The version that scores the job."""
        return f"{self.folder}/pinned.json"

    @property
    def plan(self) -> str:
        """Written when all parts are."""
        return f"{self.folder}/plan.json"

    @property
    def finished_parts(self) -> str:
        """The folder with an object for each part that is scored."""
        return f"{self.folder}/finished"

    @property
    def errors(self) -> str:
        """The rows that could not be scored, one JSON object a line."""
        return f"{self.folder}/errors.jsonl"

    def input(self, kind: FileKind) -> str:
        """The table to score."""
        return f"{self.folder}/input.{kind}"

    def results(self, kind: FileKind) -> str:
        """The scored rows, put together."""
        return f"{self.folder}/results.{kind}"

    def part(self, number: int) -> str:
        """One part's rows."""
        return f"{self.folder}/parts/{number:06}.jsonl"

    def part_results(self, number: int) -> str:
        """One part's scored rows."""
        return f"{self.folder}/scored/{number:06}.jsonl"

    def part_errors(self, number: int) -> str:
        """One part's rows that could not be scored."""
        return f"{self.folder}/failed/{number:06}.jsonl"

    def finished(self, number: int) -> str:
        """Written when both of them are."""
        return f"{self.finished_parts}/{number:06}.json"


def job_of(request: BatchRequest) -> BatchJob:
    """The job that a request is about."""
    return BatchJob(request.model, request.job)


def planned(lake: ObjectStore, job: BatchJob) -> BatchPlan | None:
    """The plan of a job that is cut into parts, `None` before it is."""
    try:
        return BatchPlan.parse(lake.get(job.plan).content)
    except ObjectNotFoundError:
        return None


def finished(lake: ObjectStore, job: BatchJob, part: int) -> PartOutcome | None:
    """What came of a part, `None` before it is scored."""
    try:
        return PartOutcome.model_validate_json(lake.get(job.finished(part)).content)
    except ObjectNotFoundError:
        return None


def json_lines(content: bytes) -> Iterator[Any]:
    """The documents of an object of one JSON document a line."""
    return (json.loads(line) for line in content.split(b"\n") if line)
