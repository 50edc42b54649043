"""Checks a table before it becomes a data set version, and again before training."""

from dataclasses import dataclass
from datetime import datetime

from modelfleet.datasets.check_columns import (
    column_findings,
    column_reports,
    formerly_afterwards,
)
from modelfleet.datasets.check_rows import change_findings, refused_rows, row_findings
from modelfleet.datasets.data_report import DataReport, Finding, Status, worst_first
from modelfleet.datasets.manifest import DatasetManifest, rejections
from modelfleet.spec.data_limits import Check, DataLimits, Limit
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.arrays import data_arrays
from modelfleet.tables.rows import values_of
from modelfleet.tables.validate import ValidatedRows


@dataclass(frozen=True)
class Before:
    """Manifest and data report of the parent version."""

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
    """Check a table against its model's limits.

    Parameters
    ----------
    spec
        The model.
    rows
        Accepted and rejected rows.
    version, source
        Name of the (prospective) version, and source of the rows.
    now
        Time of the check.
    before
        Parent version to compare with.
    found
        Findings of earlier checks on the source itself.

    Returns
    -------
    DataReport
        Report with the worst findings first; each states the measured value, and the limit if it
        is exceeded.
    """
    total = len(rows.accepted) + len(rows.rejected)
    targets = values_of(rows.accepted, spec.target.column)
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
        rejections=rejections(rows.rejected),
        open_cases=rows.open_cases,
        excluded=rows.excluded,
        positive_share=spec.task.kind.positive_share(targets),
        findings=worst_first(findings),
        columns=columns,
        refused=refused_rows(rows),
    )


def require_sound(report: DataReport, source: str) -> None:
    """Reject a table with a failed check.

    Raises
    ------
    DatasetError
        One line with the source, the column, and the number of further failures.
    """
    failed = report.with_status(Status.FAIL)
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise DatasetError(f"{source}: {failed[0].line}{more}")


def _limits(spec: ModelSpec, rows: int) -> DataLimits:
    """Return the model's limits, without limits on shares if there are too few rows for them."""
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
