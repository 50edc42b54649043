"""A released model and an empty lake, in memory."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from modelfleet.adapters.object_store import BucketObjectStore, memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.batch.job import BatchOutcome, BatchPlan, BatchRequest
from modelfleet.batch.job_files import BatchJob
from modelfleet.batch.merge import merge_batch
from modelfleet.batch.score import score_batch
from modelfleet.batch.split import split_batch
from modelfleet.catalogue import find
from modelfleet.serving.load import ServedModel, load
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.table_format import FileKind
from tests.serving import put_bundle, put_pointer

JOB = "job-1"
PART_ROWS = 4


@dataclass
class Bench:
    """One job's steps over buckets in memory, in parts of four rows."""

    spec: ModelSpec
    lake: BucketObjectStore = field(default_factory=memory_store)
    artifacts: BucketObjectStore = field(default_factory=memory_store)
    loaded: list[str] = field(default_factory=list)

    @property
    def job(self) -> BatchJob:
        """The job's keys."""
        return BatchJob(self.spec.name, JOB)

    def request(
        self, kind: FileKind = FileKind.CSV, output: FileKind | None = None
    ) -> BatchRequest:
        """The job's request."""
        return BatchRequest(
            model=self.spec.name, job=JOB, input_format=kind, output_format=output or kind
        )

    def put(self, content: bytes | str, kind: FileKind = FileKind.CSV) -> None:
        """Lay down the input."""
        raw = content.encode() if isinstance(content, str) else content
        self.lake.put(self.job.input(kind), raw)

    def split(self, request: BatchRequest) -> BatchPlan:
        """Run the first step."""
        return split_batch(self.spec, request, self.lake, self.artifacts, PART_ROWS)

    def score(self, request: BatchRequest, part: int) -> None:
        """Run the second step on one part."""
        score_batch(self.spec, request, part, self.lake, self._load)

    def run(self, request: BatchRequest) -> BatchOutcome:
        """Run all steps, as the machine does."""
        for part in self.split(request).parts:
            self.score(request, part)
        return merge_batch(self.spec, request, self.lake)

    def lines(self, key: str) -> list[Any]:
        """The JSON objects of an object, one a line."""
        return [json.loads(line) for line in self.lake.get(key).content.splitlines()]

    def _load(self, version: str) -> ServedModel:
        self.loaded.append(version)
        return load(self.artifacts, self.spec, version, OnnxScorer)


def bench(model: str) -> Bench:
    """A model of which version 1 is released."""
    made = Bench(find(model))
    put_bundle(made.artifacts, made.spec, "1")
    put_pointer(made.artifacts, made.spec.name, "1")
    return made


@pytest.fixture
def churn() -> Bench:
    """The bankchurn model, version 1 released."""
    return bench("bankchurn")
