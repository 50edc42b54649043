"""A batch job: its request, the messages between its steps, and its result."""

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import Field

from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import BatchError

JOB_PATTERN = r"^[A-Za-z0-9-]{1,64}$"


class BatchStep(StrEnum):
    """What the batch function does, in order; `score` once for each part."""

    SPLIT = "split"
    SCORE = "score"
    MERGE = "merge"


class TableFormat(StrEnum):
    """How rows lie in a file."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


_SUFFIXES = {
    ".csv": TableFormat.CSV,
    ".tsv": TableFormat.CSV,
    ".jsonl": TableFormat.JSONL,
    ".ndjson": TableFormat.JSONL,
    ".parquet": TableFormat.PARQUET,
}


class BatchRequest(Frozen):
    """The input of the machine. Its objects lie below the job's folder in the lake bucket."""

    model: str
    job: Annotated[str, Field(pattern=JOB_PATTERN)]
    input_format: TableFormat
    output_format: TableFormat


class BatchCall(Frozen):
    """A call of the batch function: one step of a job, and which part `score` is about."""

    step: BatchStep
    request: BatchRequest
    part: Annotated[int, Field(strict=True, ge=0)] | None = None


class PinnedVersion(Frozen):
    """Which version scores all of the job, whatever is released meanwhile."""

    version: str


class BatchPlan(Document, extra="forbid"):
    """The input is cut into parts. `unused` are columns that the model does not know."""

    noun = "batch plan"
    error = BatchError

    version: str
    rows: int
    parts: tuple[int, ...]
    unused: tuple[str, ...] = ()


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


def table_format(name: str) -> TableFormat:
    """The format that a file's name says.

    Raises
    ------
    BatchError
        If its suffix is none of those that are known.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in _SUFFIXES:
        raise BatchError(f"{name}: unknown suffix; use one of {', '.join(_SUFFIXES)}")
    return _SUFFIXES[suffix]
