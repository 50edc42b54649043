"""Data set versions as lines and table rows."""

from typing import TYPE_CHECKING

from modelfleet.datasets.data_report import ColumnReport, DataReport, Status
from modelfleet.datasets.manifest import DatasetManifest
from modelfleet.pages.numbers import counted, profile_range
from modelfleet.spec.task import Task
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile
from modelfleet.tables.table_format import TableFormat

if TYPE_CHECKING:
    # Imports pandas, which would slow down commands that only list versions.
    from modelfleet.datasets.compare import ColumnDifference, DatasetDifference

VERSIONS = ("version", "rows", "rejected", "warnings", "parent", "source", "created")
FINDINGS = ("status", "check", "column", "finding")
READING = ("column", "read as", "in the file → as read")
DIFFERENCES = ("column", "PSI", "before", "after", "missing")

_NONE = "-"
_CATEGORIES_SHOWN = 3
_REASONS_SHOWN = 8


def version_row(manifest: DatasetManifest, newest: str | None) -> tuple[str, ...]:
    """Format a version for the list; an asterisk marks the newest, used by the next training."""
    star = " *" if manifest.version == newest else ""
    return (
        f"{manifest.version}{star}",
        f"{manifest.rows:,}",
        f"{manifest.quarantined:,}",
        str(len(manifest.warnings)),
        manifest.parent or _NONE,
        _source(manifest),
        f"{manifest.created_at:%Y-%m-%d %H:%M} by {manifest.created_by}",
    )


def manifest_lines(manifest: DatasetManifest) -> list[str]:
    """Format the details of a version."""
    origins = ", ".join(f"{count:,} from {origin}" for origin, count in manifest.origins.items())
    created = f"by {manifest.created_by}, {manifest.created_at:%Y-%m-%d %H:%M}"
    lines = [
        f"{manifest.model}: data set version {manifest.version}",
        f"rows     {manifest.rows:,} ({origins}), {manifest.quarantined:,} quarantined"
        + (f", {manifest.unused_rows}" if manifest.unused_rows else ""),
        f"source   {_source(manifest)}, {created}",
        f"sha256   {manifest.sha256}",
        *([f"read as  {manifest.table_format.told}"] if manifest.table_format else []),
        f"parent   {manifest.parent or _NONE}",
        *(f"rejected {each.told}" for each in manifest.rejections),
    ]
    if manifest.group is not None:
        lines.append(f"groups   {manifest.groups:,}, stored as hashes of {manifest.group}")
    if (ends := manifest.time_boundaries) is not None:
        lines.append(f"split    training before {ends.validation_from}, test from {ends.test_from}")
    return lines


def rejection_lines(manifest: DatasetManifest) -> list[str]:
    """Describe why rows were rejected: by reason, with the line of an example."""
    told = [f"  {each.told}" for each in manifest.rejections[:_REASONS_SHOWN]]
    more = len(manifest.rejections) - _REASONS_SHOWN
    return [*told, f"  and {counted(more, 'other reason')}"] if more > 0 else told


def format_lines(found: TableFormat | None) -> list[str]:
    """Describe how a file was read, with the columns in an unusual format."""
    if found is None:
        return []
    columns = [f"  {c.name}: {c.told}" for c in found.columns if c.is_particular]
    return [f"read as: {found.told}", *columns]


def reading_rows(report: DataReport) -> list[tuple[str, ...]]:
    """Format how each column was read, with examples before and after parsing."""
    columns = report.table_format.columns if report.table_format else ()
    return [
        (
            column.name,
            column.told or "text",
            "; ".join(f"{a} → {b}" for a, b in report.examples.get(column.name, ())) or _NONE,
        )
        for column in columns
    ]


def _source(manifest: DatasetManifest) -> str:
    return f"{manifest.source}, generated" if manifest.generated else manifest.source


def column_headings(task: Task) -> tuple[str, ...]:
    """Return the headings of the table of columns."""
    return ("column", "values", "missing", "rejected", "PSI", f"{task.kind.power_measure} alone")


def column_row(column: ColumnReport) -> tuple[str, ...]:
    """Format the statistics of a column."""
    return (
        column.name,
        _values(column.profile),
        f"{column.profile.missing_share:.1%}",
        f"{column.rejected:,}",
        _NONE if column.psi is None else f"{column.psi:.3f}",
        _NONE if column.leakage is None else f"{column.leakage:.3f}",
    )


def finding_rows(report: DataReport) -> list[tuple[str, ...]]:
    """Format the findings, worst first."""
    return [
        (finding.status.value, finding.check.value, finding.column or _NONE, finding.message)
        for finding in report.findings
        if finding.status is not Status.PASS
    ]


def difference_lines(found: "DatasetDifference") -> list[str]:
    """Format the differences in rows and classes."""
    lines = [
        f"{found.model}: {found.before} → {found.after}",
        f"rows     {found.rows_before:,} → {found.rows_after:,}: {found.rows_added:,} added, "
        f"{found.rows_removed:,} removed, {found.rows_kept:,} in both",
    ]
    if found.class_shares is not None:
        before, after = found.class_shares
        lines.append(f"positive {before:.1%} → {after:.1%}")
    return lines


def difference_row(column: "ColumnDifference") -> tuple[str, ...]:
    """Format a column in both versions."""
    missing = f"{column.before.missing_share:.1%} → {column.after.missing_share:.1%}"
    psi = _NONE if column.psi is None else f"{column.psi:.3f}"
    return (column.name, psi, _values(column.before), _values(column.after), missing)


def _values(profile: NumberProfile | CategoryProfile) -> str:
    if isinstance(profile, CategoryProfile):
        most = sorted(profile.shares.items(), key=lambda item: (-item[1], item[0]))
        shown = ", ".join(f"{name} {share:.0%}" for name, share in most[:_CATEGORIES_SHOWN])
        return f"{shown}, …" if len(most) > _CATEGORIES_SHOWN else shown
    if profile.mean is None:
        return "no values"
    if profile.of_dates:
        return profile_range(profile)
    return f"{profile.minimum:,.6g} to {profile.maximum:,.6g}, mean {profile.mean:,.6g}"
