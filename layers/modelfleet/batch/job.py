"""A batch job: its request, the messages between its steps, and its result."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import Field, field_validator

from modelfleet.batch.results import CarriedColumn
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
# The names are part of a state's input, whose size is limited.
_MOST_CARRIED = 100
_LONGEST_NAME = 300
_SHOWN = 40
CarriedNames = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)], ...],
    Field(max_length=_MOST_CARRIED),
]


class BatchStep(StrEnum):
    """Steps of the batch function, in order; `score` runs once per part."""

    SPLIT = "split"
    SCORE = "score"
    MERGE = "merge"


RESULTS = (FileKind.CSV, FileKind.JSONL, FileKind.PARQUET)
"""File formats of results."""
# Not .tsv: results are divided by commas.
_RESULT_SUFFIXES = {
    ".csv": FileKind.CSV,
    ".jsonl": FileKind.JSONL,
    ".ndjson": FileKind.JSONL,
    ".parquet": FileKind.PARQUET,
}


class BatchRequest(Frozen):
    """Input of the state machine. The job's objects are in its folder in the lake bucket.

    `reading` holds the user's instructions for reading the input; the rest comes from the bundle.
    `carry` are columns of the input that results and errors contain as well, identifiers for
    example.
    """

    model: str
    job: Annotated[str, Field(pattern=JOB_PATTERN)]
    input_format: FileKind
    output_format: FileKind
    reading: ReadOptions = AS_FOUND
    carry: CarriedNames = ()

    @field_validator("output_format")
    @classmethod
    def _writable(cls, value: FileKind) -> FileKind:
        if value not in RESULTS:
            raise ValueError(f"results are not written as {value}")
        return value


class BatchCall(Frozen):
    """Invocation of the batch function: a step of a job, and the part if the step is `score`."""

    step: BatchStep
    request: BatchRequest
    part: Annotated[int, Field(strict=True, ge=0)] | None = None


class PinnedVersion(Frozen):
    """What applies to the whole job, regardless of releases and of how it is resumed.

    `version` scores it, and `carry` are the columns that were to be carried when it was started.
    """

    version: str
    carry: CarriedNames = ()


class BatchPlan(Document, extra="forbid"):
    """Result of splitting the input.

    `unused` are columns that the model does not know, `ignored` those that it knows and does not
    score, such as its target. `sizes` are the rows of each part; older plans lack them. `format` is
    how the input was read.
    """

    noun = "batch plan"
    error = BatchError

    version: str
    rows: int
    parts: tuple[int, ...]
    unused: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    carried: tuple[CarriedColumn, ...] = ()
    sizes: tuple[int, ...] = ()
    format: TableFormat | None = None


class PartOutcome(Frozen):
    """Result of scoring a part."""

    part: int
    scored: int
    failed: int


class BatchOutcome(Frozen):
    """Result of merging all parts: `read` equals `scored` + `failed`."""

    version: str
    read: int
    scored: int
    failed: int
    results: str
    errors: str


def carried_names(given: Sequence[str]) -> tuple[str, ...]:
    """Return the names of columns to carry, as a request may contain them.

    Raises
    ------
    BatchError
        If there are too many, or one is empty or too long.
    """
    if len(given) > _MOST_CARRIED:
        raise BatchError(
            f"{len(given)} columns to carry; at most {_MOST_CARRIED} can be, so join the others to "
            "the results by row"
        )
    for name in given:
        if not name.strip():
            raise BatchError("a column to carry has no name; give it one in the input")
        if len(name) > _LONGEST_NAME:
            raise BatchError(
                f"column {name[:_SHOWN]}… cannot be carried, because its name is longer than "
                f"{_LONGEST_NAME} characters; shorten it in the input"
            )
    return tuple(given)


def input_kind(name: str) -> FileKind:
    """Return the format of an input file, by its suffix.

    Raises
    ------
    BatchError
        If the suffix is unknown.
    """
    kind = kind_of(name)
    if kind is None:
        raise BatchError(f"{name}: unknown suffix; use one of {', '.join(KINDS)}, or .gz after it")
    return kind


def result_kind(name: str) -> FileKind:
    """Return the format of a results file, by its suffix.

    Raises
    ------
    BatchError
        If results cannot be written in that format.
    """
    kind = _RESULT_SUFFIXES.get(PurePosixPath(name).suffix.lower())
    if kind is None:
        raise BatchError(f"{name}: unknown suffix; use one of {', '.join(_RESULT_SUFFIXES)}")
    return kind
