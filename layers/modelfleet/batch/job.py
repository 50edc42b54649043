"""A batch job: its request, the messages between its steps, and its result."""

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import Field, field_validator

from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import BatchError
from modelfleet.tables.table_format import (
    AS_FOUND,
    KINDS,
    FileKind,
    ReadOptions,
    TableFormat,
    kind_of,
)

JOB_PATTERN = r"^[A-Za-z0-9-]{1,64}$"


class BatchStep(StrEnum):
    """What the batch function does, in order; `score` once for each part."""

    SPLIT = "split"
    SCORE = "score"
    MERGE = "merge"


RESULTS = (FileKind.CSV, FileKind.JSONL, FileKind.PARQUET)
"""The kinds of file that results are written in."""


class BatchRequest(Frozen):
    """The input of the machine. Its objects lie below the job's folder in the lake bucket.

    `reading` is what the user says about the input; the bundle says the rest.
    """

    model: str
    job: Annotated[str, Field(pattern=JOB_PATTERN)]
    input_format: FileKind
    output_format: FileKind
    reading: ReadOptions = AS_FOUND

    @field_validator("output_format")
    @classmethod
    def _writable(cls, value: FileKind) -> FileKind:
        if value not in RESULTS:
            raise ValueError(f"results are not written as {value}")
        return value


class BatchCall(Frozen):
    """A call of the batch function: one step of a job, and which part `score` is about."""

    step: BatchStep
    request: BatchRequest
    part: Annotated[int, Field(strict=True, ge=0)] | None = None


class PinnedVersion(Frozen):
    """Which version scores all of the job, whatever is released meanwhile."""

    version: str


class BatchPlan(Document, extra="forbid"):
    """The input is cut into parts.

    `unused` are columns that the model does not know, `format` is how the input was read.
    """

    noun = "batch plan"
    error = BatchError

    version: str
    rows: int
    parts: tuple[int, ...]
    unused: tuple[str, ...] = ()
    format: TableFormat | None = None


class PartOutcome(Frozen):
    """A part is scored."""

    part: int
    scored: int
    failed: int


class BatchOutcome(Frozen):
    """All parts are scored and put together: `read` is `scored` + `failed`."""

    version: str
    read: int
    scored: int
    failed: int
    results: str
    errors: str


def input_kind(name: str) -> FileKind:
    """The kind of a table to score, by its name.

    Raises
    ------
    BatchError
        If its suffix is none of those that are known.
    """
    kind = kind_of(name)
    if kind is None:
        raise BatchError(f"{name}: unknown suffix; use one of {', '.join(KINDS)}, or .gz after it")
    return kind


def result_kind(name: str) -> FileKind:
    """The kind of a file of results, by its name.

    Raises
    ------
    BatchError
        If results are not written in such files.
    """
    kind = KINDS.get(PurePosixPath(name).suffix.lower())
    if kind not in RESULTS:
        raise BatchError(f"{name}: unknown suffix; use one of .csv, .tsv, .jsonl, .parquet")
    return kind
