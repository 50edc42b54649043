"""Creates a data set version from a file: read, validate, check, store."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from modelfleet.datasets.check_columns import afterwards_copies
from modelfleet.datasets.manifest import DatasetManifest
from modelfleet.datasets.publish import Source, publish
from modelfleet.datasets.row_groups import GroupKey, group_hashes, with_adopted_groups
from modelfleet.datasets.store import DatasetStore
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import GROUP
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.model_columns import Table, read_table
from modelfleet.tables.table_format import AS_FOUND, ReadOptions
from modelfleet.tables.validate import ValidatedRows
from modelfleet.tables.validate_columns import validate_columns


def load(
    spec: ModelSpec,
    path: Path,
    lake: ObjectStore,
    loaded_by: str,
    now: datetime,
    *,
    generated: bool = False,
    replace: bool = False,
    options: ReadOptions = AS_FOUND,
    group_key: GroupKey | None = None,
) -> DatasetManifest:
    """Load a file as the model's newest data set version, if a model can be trained on it.

    The version is named by a hash of its rows: loading the same rows again, in any order, gives the
    same version and only updates the record of rejected rows. Nothing is written if the file is
    rejected.

    Parameters
    ----------
    spec
        The model.
    path
        Table with the features, the target, and the time column if one is declared.
    lake
        The lake bucket.
    loaded_by, now
        User and time of the load.
    generated
        Whether the rows are synthetic.
    replace
        Whether the version may replace one that has far more rows, or cannot be read.
    options
        The user's instructions for reading the file.
    group_key
        The stage's secret key, required if the model declares a group.

    Returns
    -------
    DatasetManifest
        Manifest of this load; the stored manifest of an existing version is not changed.

    Raises
    ------
    DatasetError
        If the file cannot become a version, has too few rows to train on, or far fewer than the
        newest version. The message is one line that names the file and the column.
    ConflictError
        If the newest version kept changing during all attempts.
    """
    table = read_table(spec, path, options)
    rows = with_adopted_groups(spec, _validated(spec, table, group_key))
    source = _source(spec, table, generated)
    store = DatasetStore(spec, lake)
    parent = _newest(store, replace)
    return publish(store, rows, source, loaded_by, now, parent=parent, replace=replace)


def _newest(store: DatasetStore, replace: bool) -> str | None:
    try:
        return store.newest()
    except DatasetError:
        if replace:
            return None
        raise


def _source(spec: ModelSpec, table: Table, generated: bool) -> Source:
    return Source(
        name=table.source,
        columns=tuple(table.columns),
        unused=table.unused,
        sha256=table.sha256,
        findings=tuple(afterwards_copies(spec, table.columns, table.afterwards)),
        generated=generated,
        table_format=table.format,
        examples=table.examples,
    )


def _validated(spec: ModelSpec, table: Table, group_key: GroupKey | None) -> ValidatedRows:
    columns = dict(table.columns)
    if spec.group is not None:
        columns[GROUP] = group_hashes(spec, table.groups, group_key)
    found = validate_columns(spec, table.lines, columns)
    rejected = tuple(sorted((*found.rejected, *table.malformed), key=lambda row: row.line))
    if not found.accepted:
        if not rejected:
            raise DatasetError(f"{table.source}: no row has a usable {spec.target.column}")
        first = rejected[0]
        raise DatasetError(
            f"{table.source}: all {len(rejected):,} rows were rejected, "
            f"the first on line {first.line:,}: {first.reasons[0]}"
        )
    return replace(found, rejected=rejected)
