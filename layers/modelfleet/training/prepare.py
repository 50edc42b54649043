"""Prepare step: validates, checks, and splits the newest rows."""

from collections.abc import Iterator
from datetime import UTC, datetime

from modelfleet.datasets.check import check_data, require_sound
from modelfleet.datasets.check_columns import formerly_afterwards
from modelfleet.datasets.data_report import DataReport, Status
from modelfleet.datasets.manifest import REPORT_FILE, DatasetManifest, Side
from modelfleet.datasets.publish import before_version, quarantine_file
from modelfleet.datasets.rows_file import to_parquet
from modelfleet.datasets.split import Splits, require_enough, split_version
from modelfleet.datasets.store import DatasetStore
from modelfleet.retraining.state import Prepared, RetrainingState
from modelfleet.spec.errors import DatasetError, ObjectNotFoundError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.validate import ValidatedRows
from modelfleet.training.code_version import code_version
from modelfleet.training.loaded_rows import LEARNED, stage_deciding, stage_loaded
from modelfleet.training.recent_rows import NOTHING_JOINED, Joined, stage_recent
from modelfleet.training.staging import stage_format


def prepare(
    spec: ModelSpec,
    state: RetrainingState,
    lake: ObjectStore,
    artifacts: ObjectStore,
    joined: Joined = NOTHING_JOINED,
) -> Prepared:
    """Check the newest data set version by the current schema and limits, and stage its splits.

    Parameters
    ----------
    spec
        The model.
    state
        State of the retraining; `execution` names the staging folder.
    lake, artifacts
        The two buckets.
    joined
        Reported outcomes; recent ones on the test side are also staged separately.

    Raises
    ------
    DatasetError
        If no data is loaded, the version lacks a column that the model has gained since, a check
        fails, or a side of the split is too small.
    """
    store = DatasetStore(spec, lake)
    version = store.require()
    manifest = store.manifest(version)
    _require_no_leak(spec, version, manifest)
    rows = _validated(store, version)
    report = _checked(store, version, manifest, rows)
    quarantine = keys.retraining_quarantine(spec.name, version, state.execution)
    lake.put(quarantine, quarantine_file(rows.rejected))
    sides = split_version(spec, rows.accepted, manifest)
    require_enough(spec, sides)
    folder = keys.staging(spec.name, state.staged_by)
    _stage(spec, sides, report, folder, artifacts)
    stage_format(manifest.table_format if manifest else None, folder, artifacts)
    code = code_version(spec.name)
    requested = state.force or state.tune > 0
    return Prepared(
        dataset_version=version,
        rows={side.value: len(part) for side, part in sides.items()},
        quarantined=len(rows.rejected),
        open_cases=manifest.open_cases if manifest else 0,
        excluded=manifest.excluded if manifest else 0,
        warnings=(
            *(finding.line for finding in report.with_status(Status.WARN)),
            *_rows_on_no_side(spec, len(rows.accepted), sides),
            *filter(None, (joined.warning,)),
        ),
        generated=manifest.generated if manifest else False,
        loaded_at=manifest.created_at if manifest else None,
        code_version=code,
        recent=stage_recent(spec, sides[Side.TEST], joined.recent, folder, artifacts),
        loaded=stage_loaded(spec, sides, folder, artifacts),
        deciding=stage_deciding(spec, sides, folder, artifacts),
        unchanged=None if requested else _trained_before(artifacts, spec.name, version, code),
    )


def _rows_on_no_side(spec: ModelSpec, rows: int, sides: Splits) -> Iterator[str]:
    if left_out := rows - sum(map(len, sides.values())):
        yield (
            f"{spec.group}: {left_out:,} of {rows:,} rows are not used, because earlier or later "
            "rows of their group are on another side of the split"
        )


def _trained_before(
    artifacts: ObjectStore, model: str, dataset_version: str, code: str
) -> str | None:
    try:
        by = artifacts.get(keys.trained(model, dataset_version, code)).content.decode()
    except ObjectNotFoundError:
        return None
    return (
        "no new rows or outcomes: this code has already trained on data set version "
        f"{dataset_version} ({by}); "
        f"to train again: fleet retrain {model} --force"
    )


def _require_no_leak(spec: ModelSpec, version: str, manifest: DatasetManifest | None) -> None:
    """Report a leak rather than the missing column, which was never stored for that reason."""
    for finding in formerly_afterwards(spec, manifest.known_afterwards if manifest else ()):
        raise DatasetError(f"{spec.name}: data set version {version}: {finding.line}")


def _validated(store: DatasetStore, version: str) -> ValidatedRows:
    rows = store.rows(version)
    if not rows.accepted:
        raise DatasetError(
            f"{store.spec.name}: the current schema rejects every row of data set version "
            f"{version}; first reason: {rows.rejected[0].reasons[0]}; {store.remedy}"
        )
    return rows


def _checked(
    store: DatasetStore, version: str, manifest: DatasetManifest | None, rows: ValidatedRows
) -> DataReport:
    report = check_data(
        store.spec,
        rows,
        version=version,
        source=manifest.source if manifest else version,
        # A retry must write the same report, so the time is that of the data.
        now=manifest.created_at if manifest else datetime.fromtimestamp(0, UTC),
        before=before_version(store, manifest),
    )
    require_sound(report, f"{store.spec.name}: data set version {version}")
    return report


def _stage(
    spec: ModelSpec, sides: Splits, report: DataReport, folder: str, artifacts: ObjectStore
) -> None:
    for side, rows in sides.items():
        # Folds of the training rows follow the time.
        content = to_parquet(spec, rows, with_time=side in LEARNED)
        artifacts.put(f"{folder}/{side.file}", content)
    artifacts.put(f"{folder}/data-{REPORT_FILE}", report.to_json())
