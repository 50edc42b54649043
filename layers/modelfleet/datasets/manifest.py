"""A data set version: an immutable snapshot of rows, named by its content."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import ColumnKind
from modelfleet.tables.table_format import TableFormat

ROWS_FILE = "rows.parquet"
MANIFEST_FILE = "manifest.json"
REPORT_FILE = "report.json"
REPORT_PAGE = "report.html"
VERSION_LENGTH = 12


class Origin(StrEnum):
    """Where a row of a data set comes from."""

    FILE = "file"
    FEEDBACK = "feedback"


class Side(StrEnum):
    """What a row is used for: fitting, choosing (calibration, threshold, interval) or measuring."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"

    @property
    def file(self) -> str:
        """The side's file below a retraining's staging folder."""
        return f"{self.value}.parquet"


class DatasetColumn(Frozen, extra="ignore"):
    """A column of a data set version as the spec declared it when the version was made."""

    name: str
    role: Literal["feature", "target", "time"]
    kind: ColumnKind | Literal["time"]
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    nullable: bool = False


class TimeBoundaries(Frozen, extra="ignore"):
    """Rows before `validation_from` are trained on, rows from `test_from` on are tested on.

    Both are sortable spellings of the time column (see `TimeColumn.spell`).
    """

    validation_from: str
    test_from: str


class DatasetManifest(Document):
    """What is known of a data set version.

    `unused` are columns of the source that the model's spec does not mention, `known_afterwards`
    those that it declared as such. `parent` is the version before; `declaration` has one entry a
    column. `origins` counts rows by where they come from; `warnings` are what the checks found.
    `generated` says that a program made the rows up: a model that learned from them never keeps out
    one that learned from rows that happened. `left_out` counts outcomes that were reported and did
    not become rows, because one client may have no more than half of them. `table_format` is how
    the file was read; versions from before that was recorded do not have it.
    """

    noun = "data set manifest"
    error = DatasetError

    model: str
    version: str
    sha256: str
    rows: int
    quarantined: int
    columns: tuple[str, ...]
    source: str
    created_at: datetime
    created_by: str
    target_summary: dict[str, Any]
    unused: tuple[str, ...] = ()
    parent: str | None = None
    source_sha256: str | None = None
    declaration: tuple[DatasetColumn, ...] = ()
    known_afterwards: tuple[str, ...] = ()
    origins: dict[Origin, int] = Field(default_factory=dict)
    time_boundaries: TimeBoundaries | None = None
    warnings: tuple[str, ...] = ()
    generated: bool = False
    left_out: int = 0
    table_format: TableFormat | None = None


class NewestDataset(Document):
    """The pointer to a model's newest data set version."""

    noun = "pointer to the newest data set"
    error = DatasetError

    version: str


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(row: Mapping[str, Any]) -> bytes:
    """One spelling for equal rows, whatever the order of their columns."""
    return _CANONICAL.encode(row).encode()


def fingerprint(canonical_rows: Iterable[bytes]) -> str:
    """SHA-256 of a set of rows, duplicates counted, whatever their order."""
    digest = hashlib.sha256()
    for row in sorted(canonical_rows):
        digest.update(row + b"\n")
    return digest.hexdigest()
