"""Data set version: an immutable snapshot of rows, named by a hash of its content."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from modelfleet.pages.numbers import counted
from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import ColumnKind
from modelfleet.storage import keys
from modelfleet.tables.files.records import RejectedRow
from modelfleet.tables.table_format import TableFormat

ROWS_FILE = "rows.parquet"
MANIFEST_FILE = "manifest.json"
REPORT_FILE = "report.json"
REPORT_PAGE = keys.DATA_REPORT_FILE
VERSION_LENGTH = 12
_REJECTIONS_MAXIMUM = 20


class Origin(StrEnum):
    """Origin of a row."""

    FILE = "file"
    FEEDBACK = "feedback"


class Side(StrEnum):
    """Side of the split: fitting, tuning (calibration, threshold, interval), or evaluation."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"

    @property
    def file(self) -> str:
        """Name of the side's file in a retraining's staging folder."""
        return f"{self.value}.parquet"


class DatasetColumn(Frozen, extra="ignore"):
    """Column of a data set version, as declared by the spec when the version was created."""

    name: str
    role: Literal["feature", "target", "time"]
    kind: ColumnKind | Literal["time"]
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    nullable: bool = False


class TimeBoundaries(Frozen, extra="ignore"):
    """Boundaries of a split by time: validation and test start at these times, inclusive.

    Both are sortable spellings of the time column (see `TimeColumn.spell`).
    """

    validation_from: str
    test_from: str


class Rejection(Frozen, extra="ignore"):
    """A reason by which rows were rejected, with their number and the first one's line."""

    reason: str
    rows: int
    line: int

    @property
    def told(self) -> str:
        """The rejection in words."""
        where = f"line {self.line:,}" if self.rows == 1 else f"the first on line {self.line:,}"
        return f"{self.reason} ({counted(self.rows, 'row')}, {where})"


def rejections(rejected: Iterable[RejectedRow]) -> tuple[Rejection, ...]:
    """Group rejected rows by reason, the most frequent first; a row counts for each reason."""
    counts: Counter[str] = Counter()
    first: dict[str, int] = {}
    for row in rejected:
        counts.update(row.reasons)
        for reason in row.reasons:
            first[reason] = min(row.line, first.get(reason, row.line))
    ordered = sorted(counts, key=lambda reason: (-counts[reason], first[reason]))
    return tuple(
        Rejection(reason=reason, rows=counts[reason], line=first[reason])
        for reason in ordered[:_REJECTIONS_MAXIMUM]
    )


class DatasetManifest(Document):
    """Manifest of a data set version.

    `rejections` are the most frequent reasons by which rows were rejected. `unused` are columns of
    the source that the spec does not mention, `known_afterwards` columns
    that it declares as known only after the outcome. `parent` is the previous version;
    `declaration` has one entry per column. `origins` counts rows by origin; `warnings` are findings
    of the checks.

    `generated` marks synthetic rows: a model trained on them never blocks one trained on real rows.
    `left_out` counts reported outcomes that are not in the version, because one client may
    contribute at most half of the rows. `table_format` is how the file was read; older versions
    lack it. `group` is the column of which each row stores a keyed hash, and `groups` the number of
    different ones. `open_cases` counts rows without an outcome, `excluded` rows of a class that the
    target excludes; neither are stored. `split_salt` decides the sides of the rows, see
    `modelfleet.datasets.split.split_salt`.
    """

    noun = "data set manifest"
    error = DatasetError

    model: str
    version: str
    sha256: str
    rows: int
    quarantined: int
    rejections: tuple[Rejection, ...] = ()
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
    group: str | None = None
    groups: int = 0
    open_cases: int = 0
    excluded: int = 0
    split_salt: int = 0

    @property
    def unused_rows(self) -> str:
        """Describe the rows that are neither used nor rejected; empty if there are none."""
        return unused_rows(self.open_cases, self.excluded)


def unused_rows(open_cases: int, excluded: int) -> str:
    """Describe rows that are neither used nor rejected; empty if there are none."""
    told = []
    if open_cases:
        told.append(f"{open_cases:,} rows without an outcome are open cases")
    if excluded:
        told.append(f"{excluded:,} rows of excluded classes are left out")
    return ", ".join(told)


class NewestDataset(Document):
    """Pointer to a model's newest data set version."""

    noun = "pointer to the newest data set"
    error = DatasetError

    version: str


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(row: Mapping[str, Any]) -> bytes:
    """Encode a row so that equal rows have equal bytes, regardless of the order of columns."""
    return _CANONICAL.encode(row).encode()


def fingerprint(canonical_rows: Iterable[bytes]) -> str:
    """Return the SHA-256 of a multiset of rows, independent of their order."""
    digest = hashlib.sha256()
    for row in sorted(canonical_rows):
        digest.update(row + b"\n")
    return digest.hexdigest()
