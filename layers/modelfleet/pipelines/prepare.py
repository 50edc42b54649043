"""The first step of a retraining: the newest rows, validated anew and split."""

from collections.abc import Iterator

from modelfleet.domain import keys
from modelfleet.domain.dataset import ROWS_FILE, NewestDataset
from modelfleet.domain.errors import DatasetError, ObjectNotFoundError
from modelfleet.domain.messages import Prepared, RetrainingState
from modelfleet.domain.ports import ObjectStore
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.load_dataset import quarantine_file
from modelfleet.pipelines.split import Splits, require_enough, split
from modelfleet.pipelines.table_file import read_columns, read_rows, to_parquet
from modelfleet.pipelines.validate import Row, ValidatedRows, validate


def prepare(
    spec: ModelSpec, state: RetrainingState, lake: ObjectStore, artifacts: ObjectStore
) -> Prepared:
    """Validate the newest data set version against today's schema, and stage its splits.

    Parameters
    ----------
    spec
        The model.
    state
        The machine's data; `execution` names the staging folder.
    lake, artifacts
        The two buckets.

    Raises
    ------
    DatasetError
        If no data is loaded, the version lacks a column that the model has by now, or a side of the
        split is too small.
    """
    version = _newest(spec, lake)
    rows = _validated(spec, version, lake)
    quarantine = keys.quarantine(spec.name, f"{version}/{state.execution}")
    lake.put(quarantine, quarantine_file(rows.rejected))
    sides = split(rows.accepted)
    require_enough(spec, sides)
    _stage(spec, sides, keys.staging(spec.name, state.execution), artifacts)
    return Prepared(
        dataset_version=version,
        rows={side.value: len(part) for side, part in sides.items()},
        quarantined=len(rows.rejected),
    )


def _newest(spec: ModelSpec, lake: ObjectStore) -> str:
    try:
        content = lake.get(keys.newest_dataset(spec.name)).content
    except ObjectNotFoundError as error:
        raise DatasetError(f"{spec.name}: no data is loaded; {_remedy(spec)}") from error
    return NewestDataset.model_validate_json(content).version


def _validated(spec: ModelSpec, version: str, lake: ObjectStore) -> ValidatedRows:
    content = lake.get(f"{keys.dataset(spec.name, version)}/{ROWS_FILE}").content
    stored = _stored_rows(spec, version, content)
    # The version is a table of its own without a header: its first row is line 1.
    rows = validate(spec, enumerate(stored, start=1))
    if not rows.accepted:
        raise DatasetError(
            f"{spec.name}: today's schema rejects every row of data set version {version}, "
            f"the first because of {rows.rejected[0].reasons[0]}; {_remedy(spec)}"
        )
    return rows


def _stored_rows(spec: ModelSpec, version: str, content: bytes) -> Iterator[Row]:
    wanted = [*(column.name for column in spec.features.columns()), spec.target.column]
    if absent := set(wanted) - set(read_columns(content)):
        raise DatasetError(
            f"{spec.name}: data set version {version} has no column {', '.join(sorted(absent))}; "
            f"{_remedy(spec)}"
        )
    return read_rows(content, wanted)


def _stage(spec: ModelSpec, sides: Splits, folder: str, artifacts: ObjectStore) -> None:
    for side, rows in sides.items():
        artifacts.put(f"{folder}/{side.file}", to_parquet(spec, rows))


def _remedy(spec: ModelSpec) -> str:
    return f"load a file with: fleet data load {spec.name} FILE.csv"
