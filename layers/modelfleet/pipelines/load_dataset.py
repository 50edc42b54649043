"""Turn a file into a data set version: read, validate, store under its own content's name."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import fmean, median
from typing import Any

from modelfleet.domain import keys
from modelfleet.domain.dataset import (
    MANIFEST_FILE,
    ROWS_FILE,
    VERSION_LENGTH,
    DatasetManifest,
    NewestDataset,
    RejectedRow,
    canonical,
    fingerprint,
)
from modelfleet.domain.errors import ConflictError, DatasetError, ObjectNotFoundError
from modelfleet.domain.ports import ObjectStore
from modelfleet.domain.spec import ModelSpec, Task
from modelfleet.pipelines.read_table import Table, read_table
from modelfleet.pipelines.table_file import to_parquet
from modelfleet.pipelines.validate import Row, ValidatedRows, validate

POINTER_ATTEMPTS = 10


def load(
    spec: ModelSpec, path: Path, lake: ObjectStore, loaded_by: str, now: datetime
) -> DatasetManifest:
    """Load a file as the model's newest data set version.

    The version is named by its rows: loading the same rows again, in whatever order, gives the same
    version and changes nothing but the record of what was set aside. Nothing is written where the
    file is refused.

    Parameters
    ----------
    spec
        The model.
    path
        A delimited text file with the features and the target.
    lake
        The lake bucket.
    loaded_by, now
        Who loads it, and when.

    Returns
    -------
    DatasetManifest
        Of this load; what is stored of a version that was there already stays as it was.

    Raises
    ------
    DatasetError
        If the file cannot become a version; one line that names the file and the column.
    ConflictError
        If others move the pointer to the newest version all the time.
    """
    table = read_table(spec, path)
    rows = _validated(spec, table)
    manifest = _manifest(spec, table, rows, loaded_by, now)
    _store_version(spec, manifest, rows.accepted, lake)
    lake.put(keys.quarantine(spec.name, manifest.version), quarantine_file(rows.rejected))
    _point_to(spec.name, manifest.version, lake)
    return manifest


def quarantine_file(rejected: Sequence[RejectedRow]) -> bytes:
    """One JSON object a line for each row that was set aside."""
    return "".join(f"{row.model_dump_json()}\n" for row in rejected).encode()


def _validated(spec: ModelSpec, table: Table) -> ValidatedRows:
    values = zip(*table.columns.values(), strict=True)
    named = (dict(zip(table.columns, row, strict=True)) for row in values)
    found = validate(spec, zip(table.lines, named, strict=True))
    rejected = tuple(sorted((*found.rejected, *table.malformed), key=lambda row: row.line))
    if not found.accepted:
        first = rejected[0]
        raise DatasetError(
            f"{table.source}: all {len(rejected)} rows were rejected, "
            f"the first on line {first.line}: {first.reasons[0]}"
        )
    return ValidatedRows(found.accepted, rejected)


def _manifest(
    spec: ModelSpec, table: Table, rows: ValidatedRows, loaded_by: str, now: datetime
) -> DatasetManifest:
    sha256 = fingerprint(map(canonical, rows.accepted))
    return DatasetManifest(
        model=spec.name,
        version=sha256[:VERSION_LENGTH],
        sha256=sha256,
        rows=len(rows.accepted),
        quarantined=len(rows.rejected),
        columns=tuple(table.columns),
        source=table.source,
        created_at=now,
        created_by=loaded_by,
        target_summary=_target_summary(spec, rows.accepted),
        unused=table.unused,
    )


def _target_summary(spec: ModelSpec, rows: Sequence[Row]) -> dict[str, Any]:
    values = [row[spec.target.column] for row in rows]
    if spec.task is Task.BINARY:
        return {"positive": int(sum(values)), "positive_share": fmean(values)}
    return {
        "minimum": min(values),
        "median": median(values),
        "mean": fmean(values),
        "maximum": max(values),
    }


def _store_version(
    spec: ModelSpec, manifest: DatasetManifest, rows: Sequence[Row], lake: ObjectStore
) -> None:
    folder = keys.dataset(spec.name, manifest.version)
    # In the order of their content, so that the file does not depend on the order in the source.
    content = to_parquet(spec, sorted(rows, key=canonical))
    _create_once(lake, f"{folder}/{ROWS_FILE}", content)
    _create_once(lake, f"{folder}/{MANIFEST_FILE}", manifest.model_dump_json(indent=2).encode())


def _create_once(lake: ObjectStore, key: str, content: bytes) -> None:
    try:
        lake.create(key, content)
    except ConflictError:
        # The key is named by the content: whoever was first wrote the same rows.
        return


def _point_to(model: str, version: str, lake: ObjectStore) -> None:
    for _ in range(POINTER_ATTEMPTS - 1):
        try:
            _move_pointer(model, version, lake)
        except ConflictError:
            continue
        return
    _move_pointer(model, version, lake)


def _move_pointer(model: str, version: str, lake: ObjectStore) -> None:
    key = keys.newest_dataset(model)
    content = NewestDataset(version=version).model_dump_json().encode()
    try:
        current = lake.get(key)
    except ObjectNotFoundError:
        lake.create(key, content)
        return
    if current.content != content:
        lake.replace(key, content, current.etag)
