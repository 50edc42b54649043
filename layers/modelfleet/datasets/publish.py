"""Publishes validated rows as a data set version: check, name, store, move the pointer."""

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
    rejections,
)
from modelfleet.datasets.row_bytes import Digests, named
from modelfleet.datasets.split import (
    keyed,
    require_enough,
    row_digests,
    split_salt,
    split_version,
    time_boundaries,
)
from modelfleet.datasets.store import DatasetStore
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import GROUP, ORIGIN
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.tables.files.records import RejectedRow
from modelfleet.tables.rows import Rows, values_of
from modelfleet.tables.table_format import Example, TableFormat
from modelfleet.tables.validate import ValidatedRows

# Minimum share of the parent version's rows; a smaller file is more likely a mistake.
_LEAST_SHARE = 0.5


@dataclass(frozen=True)
class Source:
    """Source of a version's rows.

    Attributes
    ----------
    name
        Name of the file, or of another source.
    columns, unused
        Columns that are kept, and columns that the spec does not mention.
    sha256
        Hash of the file's bytes, if there is a file.
    findings
        Findings of checks on the source itself.
    generated
        Whether the rows are synthetic.
    left_out
        Number of reported outcomes left out because a client would exceed half of the rows.
    table_format, examples
        How the file was read, and some cells of each column before and after parsing.
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
    """Publish rows as the model's newest data set version.

    Parameters
    ----------
    store
        The model's versions.
    rows
        At least one accepted row.
    source
        Source of the rows.
    loaded_by, now
        User and time of creation.
    parent
        Parent version, if any.
    replace
        Whether the version may have far fewer rows than its parent.
    over
        Version that must still be the newest; unchecked if not given.

    Returns
    -------
    DatasetManifest
        Manifest of these rows; the stored manifest of an existing version is not changed, and
        neither are its parent and time boundaries.

    Raises
    ------
    DatasetError
        If a check fails, or there are too few rows; nothing is stored.
    ConflictError
        If `over` is no longer the newest version, or the newest version kept changing during all
        attempts.
    """
    # Encoding every row costs a fifth of a load, so its name and its side share it.
    sha256, order, digests = named(rows.accepted, keyed(store.spec))
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
    if digests is None and store.spec.time is None:
        digests = row_digests(store.spec, rows.accepted)
    lineage = _lineage(store.spec, rows.accepted, before, stored, digests)
    manifest = manifest.model_copy(update=lineage)
    _require_trainable(store.spec, rows.accepted, manifest, digests)
    if not replace:
        _require_kept(manifest, store.manifest(parent) if parent else None)
    store.store(manifest, rows.accepted.take(order), report)
    store.lake.put(keys.quarantine(store.spec.name, version), quarantine_file(rows.rejected))
    store.point_to(version, over)
    return manifest


def _require_trainable(
    spec: ModelSpec, rows: Rows, manifest: DatasetManifest, digests: Digests | None
) -> None:
    """Reject a version that no model can be trained on."""
    try:
        require_enough(spec, split_version(spec, rows, manifest, digests))
    except DatasetError as error:
        raise DatasetError(f"{manifest.source}: {error}") from error


def _require_kept(manifest: DatasetManifest, parent: DatasetManifest | None) -> None:
    """Reject a partial table; real rows may replace any number of synthetic ones."""
    if parent is None or (parent.generated and not manifest.generated):
        return
    if manifest.rows < _LEAST_SHARE * parent.rows:
        raise DatasetError(
            f"{manifest.source}: {manifest.rows:,} rows were accepted, fewer than half of the "
            f"{parent.rows:,} in the newest version {parent.version}; if they are meant to replace "
            "it, add: --replace"
        )


def quarantine_file(rejected: Sequence[RejectedRow]) -> bytes:
    """Return the rejected rows as JSON Lines."""
    return b"".join(to_json(row, ensure_ascii=True) + b"\n" for row in rejected)


def before_version(store: DatasetStore, manifest: DatasetManifest | None) -> Before | None:
    """Return the parent of a version, if it has one."""
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
        rejections=rejections(rows.rejected),
        columns=source.columns,
        source=source.name,
        created_at=now,
        created_by=loaded_by,
        target_summary=spec.task.kind.summary(values_of(rows.accepted, spec.target.column)),
        unused=source.unused,
        source_sha256=source.sha256,
        declaration=_declaration(spec),
        known_afterwards=spec.known_afterwards,
        origins=_origins(rows.accepted),
        warnings=tuple(finding.line for finding in report.with_status(Status.WARN)),
        generated=source.generated,
        left_out=source.left_out,
        table_format=source.table_format,
        open_cases=rows.open_cases,
        excluded=rows.excluded,
        group=spec.group,
        groups=0 if spec.group is None else len({*values_of(rows.accepted, GROUP)} - {None}),
    )


def _lineage(
    spec: ModelSpec,
    rows: Rows,
    before: Before | None,
    stored: DatasetManifest | None,
    digests: Digests | None,
) -> dict[str, Any]:
    if stored is not None:
        return {
            "parent": stored.parent,
            "time_boundaries": stored.time_boundaries,
            "split_salt": stored.split_salt,
        }
    earlier = before.manifest if before else None
    boundaries = earlier.time_boundaries if earlier else None
    return {
        "parent": earlier.version if earlier else None,
        "time_boundaries": time_boundaries(spec, rows, boundaries),
        "split_salt": split_salt(spec, rows, earlier.split_salt if earlier else None, digests),
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
    if spec.time_apart is None:
        return (*features, target)
    name = spec.time_apart.column
    return (*features, target, DatasetColumn(name=name, role="time", kind="time"))


def _origins(rows: Rows) -> dict[Origin, int]:
    recorded = Counter(rows.recorded(ORIGIN).tolist())
    return {Origin(origin or Origin.FILE): count for origin, count in recorded.items()}
