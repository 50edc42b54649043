"""Publishes validated rows as a data set version: check, name, store, point to it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from modelfleet.datasets.check import Before, check_data, require_sound
from modelfleet.datasets.data_report import DataReport, Finding, Status
from modelfleet.datasets.manifest import (
    VERSION_LENGTH,
    DatasetColumn,
    DatasetManifest,
    Origin,
    canonical,
    fingerprint,
)
from modelfleet.datasets.split import require_enough, split, time_boundaries
from modelfleet.datasets.store import DatasetStore
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import ORIGIN
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.tables.files.records import RejectedRow
from modelfleet.tables.table_format import Example, TableFormat
from modelfleet.tables.validate import Row, ValidatedRows

# Of the rows of the version before; a file of fewer is more likely a mistake than a new table.
_LEAST_SHARE = 0.5


@dataclass(frozen=True)
class Source:
    """Where a version's rows come from.

    Attributes
    ----------
    name
        The file's name, or what else it is.
    columns, unused
        Those that are kept, and those that the spec does not mention.
    sha256
        Of the file's bytes, where it is a file.
    findings
        What was found where the source itself was at hand.
    generated
        Whether a program made the rows up.
    left_out
        How many reported outcomes are no rows, because one client would have more than half.
    table_format, examples
        How the file was read, and some cells of each column before and after.
    """

    name: str
    columns: tuple[str, ...]
    unused: tuple[str, ...] = ()
    sha256: str | None = None
    findings: tuple[Finding, ...] = ()
    generated: bool = False
    left_out: int = 0
    table_format: TableFormat | None = None
    examples: Mapping[str, tuple[Example, ...]] = field(default_factory=dict)


def publish(
    store: DatasetStore,
    rows: ValidatedRows,
    source: Source,
    loaded_by: str,
    now: datetime,
    parent: str | None = None,
    *,
    replace: bool = False,
    over: str | None = None,
) -> DatasetManifest:
    """Make the rows the model's newest data set version.

    Parameters
    ----------
    store
        The model's versions.
    rows
        At least one accepted row.
    source
        Where they come from.
    loaded_by, now
        Who makes the version, and when.
    parent
        The version that they come after, if there is one.
    replace
        Whether they may be far fewer than those of that version.
    over
        The version that must still be the newest; any may be where it is not given.

    Returns
    -------
    DatasetManifest
        Of these rows; what is stored of a version that was there already stays as it was, and so do
        its parent and its boundaries in time.

    Raises
    ------
    DatasetError
        If a check fails, or the rows are too few; nothing is stored.
    ConflictError
        If another version than `over` is the newest by now, or others move the pointer all the
        time.
    """
    sha256 = fingerprint(map(canonical, rows.accepted))
    version = sha256[:VERSION_LENGTH]
    stored = store.manifest(version)
    before = _before(store, stored.parent if stored else parent)
    report = check_data(
        store.spec,
        rows,
        version=version,
        source=source.name,
        now=now,
        before=before,
        found=source.findings,
    )
    report = report.model_copy(
        update={"table_format": source.table_format, "examples": dict(source.examples)}
    )
    require_sound(report, source.name)
    manifest = _manifest(store.spec, sha256, rows, source, report, loaded_by, now)
    manifest = manifest.model_copy(update=_lineage(store.spec, rows.accepted, before, stored))
    _require_trainable(store.spec, rows.accepted, manifest)
    if not replace:
        _require_kept(manifest, store.manifest(parent) if parent else None)
    store.store(manifest, rows.accepted, report)
    store.lake.put(keys.quarantine(store.spec.name, version), quarantine_file(rows.rejected))
    store.point_to(version, over)
    return manifest


def _require_trainable(spec: ModelSpec, rows: Sequence[Row], manifest: DatasetManifest) -> None:
    """A version that no model can be trained on must not become the newest."""
    try:
        require_enough(spec, split(spec, rows, manifest.time_boundaries))
    except DatasetError as error:
        raise DatasetError(f"{manifest.source}: {error}") from error


def _require_kept(manifest: DatasetManifest, parent: DatasetManifest | None) -> None:
    """A part of a table must not pass for it; rows that happened replace any that did not."""
    if parent is None or (parent.generated and not manifest.generated):
        return
    if manifest.rows < _LEAST_SHARE * parent.rows:
        raise DatasetError(
            f"{manifest.source}: {manifest.rows:,} rows were accepted, fewer than half of the "
            f"{parent.rows:,} in the newest version {parent.version}; if they are meant to replace "
            "it, add: --replace"
        )


def quarantine_file(rejected: Sequence[RejectedRow]) -> bytes:
    """One JSON object a line for each row that was set aside."""
    return b"".join(to_json(row, ensure_ascii=True) + b"\n" for row in rejected)


def before_version(store: DatasetStore, manifest: DatasetManifest | None) -> Before | None:
    """What a version is compared with: the one that it came after."""
    return _before(store, manifest.parent if manifest else None)


def _before(store: DatasetStore, version: str | None) -> Before | None:
    manifest = store.manifest(version) if version else None
    return Before(manifest, store.report(manifest.version)) if manifest else None


def _manifest(
    spec: ModelSpec,
    sha256: str,
    rows: ValidatedRows,
    source: Source,
    report: DataReport,
    loaded_by: str,
    now: datetime,
) -> DatasetManifest:
    return DatasetManifest(
        model=spec.name,
        version=report.version,
        sha256=sha256,
        rows=len(rows.accepted),
        quarantined=len(rows.rejected),
        columns=source.columns,
        source=source.name,
        created_at=now,
        created_by=loaded_by,
        target_summary=spec.task.kind.summary([row[spec.target.column] for row in rows.accepted]),
        unused=source.unused,
        source_sha256=source.sha256,
        declaration=_declaration(spec),
        known_afterwards=spec.known_afterwards,
        origins=_origins(rows.accepted),
        warnings=tuple(finding.line for finding in report.with_status(Status.WARN)),
        generated=source.generated,
        left_out=source.left_out,
        table_format=source.table_format,
    )


def _lineage(
    spec: ModelSpec, rows: Sequence[Row], before: Before | None, stored: DatasetManifest | None
) -> dict[str, Any]:
    if stored is not None:
        return {"parent": stored.parent, "time_boundaries": stored.time_boundaries}
    earlier = before.manifest if before else None
    boundaries = earlier.time_boundaries if earlier else None
    return {
        "parent": earlier.version if earlier else None,
        "time_boundaries": time_boundaries(spec, rows, boundaries),
    }


def _declaration(spec: ModelSpec) -> tuple[DatasetColumn, ...]:
    features = tuple(
        DatasetColumn(role="feature", **column.model_dump(include=set(DatasetColumn.model_fields)))
        for column in spec.features.columns()
    )
    target = DatasetColumn(
        name=spec.target.column,
        role="target",
        kind="category" if spec.classes else "number",
        categories=spec.classes,
        unit=spec.target.unit,
        minimum=spec.target.minimum,
        maximum=spec.target.maximum,
    )
    if spec.time is None:
        return (*features, target)
    return (*features, target, DatasetColumn(name=spec.time.column, role="time", kind="time"))


def _origins(rows: Sequence[Row]) -> dict[Origin, int]:
    return dict(Counter(Origin(row.get(ORIGIN, Origin.FILE)) for row in rows))
