"""Checks a table before it becomes a data set version, and again before training."""

from dataclasses import dataclass
from datetime import datetime

from modelfleet.datasets.check_columns import (
    column_findings,
    column_reports,
    formerly_afterwards,
)
from modelfleet.datasets.check_rows import change_findings, row_findings
from modelfleet.datasets.data_report import DataReport, Finding, Status, worst_first
from modelfleet.datasets.manifest import DatasetManifest
from modelfleet.spec.data_limits import Check, DataLimits, Limit
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.arrays import data_arrays
from modelfleet.tables.validate import ValidatedRows


@dataclass(frozen=True)
class Before:
    """The version before: what is known of it, and what was found about it."""

    manifest: DatasetManifest
    report: DataReport | None


def check_data(
    spec: ModelSpec,
    rows: ValidatedRows,
    *,
    version: str,
    source: str,
    now: datetime,
    before: Before | None = None,
    found: tuple[Finding, ...] = (),
) -> DataReport:
    """Hold a table against its model's limits.

    Parameters
    ----------
    spec
        The model.
    rows
        Accepted and rejected rows.
    version, source
        What the rows are or would be, and where they come from.
    now
        When they are looked over.
    before
        The version to compare with.
    found
        What was found already, where the source itself was at hand.

    Returns
    -------
    DataReport
        Findings come worst first; each says what was measured, and the limit where it is passed.
    """
    total = len(rows.accepted) + len(rows.rejected)
    targets = [row[spec.target.column] for row in rows.accepted]
    limits = _limits(spec, total)
    previous = before.report if before else None
    columns = column_reports(spec, rows, data_arrays(spec, rows.accepted), previous)
    findings = list(found)
    if before is not None:
        findings += formerly_afterwards(spec, before.manifest.known_afterwards)
    findings += row_findings(spec, rows, limits)
    findings += column_findings(spec, columns, previous, len(rows.accepted), limits)
    if previous is not None:
        findings += change_findings(spec, rows.accepted, previous, limits)
    if total < spec.data_limits.minimum_rows:
        findings.append(_too_few(spec, total))
    return DataReport(
        model=spec.name,
        version=version,
        previous=before.manifest.version if before else None,
        source=source,
        created_at=now,
        rows=len(rows.accepted),
        rows_before=before.manifest.rows if before else None,
        rejected=len(rows.rejected),
        positive_share=spec.task.kind.positive_share(targets),
        findings=worst_first(findings),
        columns=columns,
    )


def require_sound(report: DataReport, source: str) -> None:
    """Refuse a table with a finding that fails.

    Raises
    ------
    DatasetError
        One line that names the source and the column, and says how many findings more there are.
    """
    failed = report.with_status(Status.FAIL)
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise DatasetError(f"{source}: {failed[0].line}{more}")


def _limits(spec: ModelSpec, rows: int) -> DataLimits:
    """The model's limits; none where there are too few rows to speak of shares."""
    limits = spec.data_limits
    if rows >= limits.minimum_rows:
        return limits
    none = {
        name: Limit()
        for name in DataLimits.model_fields
        if isinstance(getattr(limits, name), Limit)
    }
    return limits.model_copy(update=none)


def _too_few(spec: ModelSpec, rows: int) -> Finding:
    needed = spec.data_limits.minimum_rows
    return Finding(
        check=Check.ROWS,
        status=Status.WARN,
        column=None,
        message=f"{rows:,} rows are too few to judge shares by; {needed:,} are needed",
        value=float(rows),
    )
