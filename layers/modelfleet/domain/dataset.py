"""A data set version: an immutable snapshot of rows in the lake bucket, named by its content."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

ROWS_FILE = "rows.parquet"
MANIFEST_FILE = "manifest.json"
VERSION_LENGTH = 12


class Side(StrEnum):
    """What a row is used for: fitting, choosing (calibration, threshold, interval) or measuring."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"

    @property
    def file(self) -> str:
        """The side's file below a retraining's staging folder."""
        return f"{self.value}.parquet"


class RejectedRow(BaseModel):
    """A row that was set aside: where it stood in the source, and why. Its values are not kept."""

    model_config = ConfigDict(frozen=True)

    line: int
    reasons: tuple[str, ...]


class DatasetManifest(BaseModel):
    """What is known of a data set version.

    `unused` are columns of the source that the model's spec does not mention.
    """

    model_config = ConfigDict(frozen=True)

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


class NewestDataset(BaseModel):
    """The pointer to a model's newest data set version."""

    model_config = ConfigDict(frozen=True)

    version: str


def canonical(row: Mapping[str, Any]) -> bytes:
    """One spelling for equal rows, whatever the order of their columns."""
    return json.dumps(row, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def fingerprint(canonical_rows: Iterable[bytes]) -> str:
    """SHA-256 of a set of rows, duplicates counted, whatever their order."""
    digest = hashlib.sha256()
    for row in sorted(canonical_rows):
        digest.update(row + b"\n")
    return digest.hexdigest()
