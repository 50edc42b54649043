"""A data set version: an immutable snapshot of rows in the lake bucket, named by its content."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

ROWS_FILE = "rows.parquet"
MANIFEST_FILE = "manifest.json"
VERSION_LENGTH = 12


class RejectedRow(BaseModel):
    """A row that was set aside: where it stood in the source, and why. Its values are not kept."""

    model_config = ConfigDict(frozen=True)

    line: int
    reasons: tuple[str, ...]


class DatasetManifest(BaseModel):
    """What is known of a data set version."""

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


class NewestDataset(BaseModel):
    """The pointer to a model's newest data set version."""

    model_config = ConfigDict(frozen=True)

    version: str
