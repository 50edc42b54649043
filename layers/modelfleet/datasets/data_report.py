"""Data report of a data set version: findings and column statistics."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from modelfleet.datasets.manifest import Rejection
from modelfleet.spec.data_limits import Check, Limit
from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import DatasetError
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile
from modelfleet.tables.table_format import Example, TableFormat


class Status(StrEnum):
    """Severity of a finding, worst first."""

    FAIL = "fail"
    WARN = "warn"
    PASS = "pass"  # noqa: S105  # no password


_NO_SHARES = frozenset({Check.LEAKAGE, Check.DRIFT})


class Finding(Frozen, extra="ignore"):
    """One measurement compared with its limits. `column` is `None` if it concerns whole rows."""

    check: Check
    status: Status
    column: str | None
    message: str
    value: float
    limit: Limit = Limit()

    @property
    def line(self) -> str:
        """The finding as one line, including the column's name."""
        return f"column {self.column}: {self.message}" if self.column else self.message


class Bar(Frozen, extra="ignore"):
    """Share of a column's known values, now and in the parent version."""

    label: str
    share: float
    before: float | None = None


class ColumnReport(Frozen, extra="ignore"):
    """One column of the version; `psi` is its drift since the parent version."""

    name: str
    role: Literal["feature", "target"]
    description: str
    unit: str | None
    rejected: int
    leakage: float | None
    psi: float | None
    missing_before: float | None
    profile: NumberProfile | CategoryProfile
    bars: tuple[Bar, ...]


class RefusedRows(Frozen, extra="ignore"):
    """A value that no category of the column lists, with the number of rows rejected for it."""

    column: str
    value: str
    rows: int


class DataReport(Document):
    """Content of a version's `report.json`, with the worst findings first.

    `open_cases` are rows without an outcome, `excluded` rows of a class that the target excludes;
    neither are among the rejected ones.

    `table_format` is how the file was read, `examples` are some cells of each column before and
    after parsing. Both are absent for rows that are not from a file, and in older reports.
    `rejections` are the most frequent reasons by which rows were rejected, `refused` the most
    frequent values that no category lists.
    """

    noun = "data report"
    error = DatasetError

    format: Literal[1] = 1
    model: str
    version: str
    previous: str | None
    source: str
    created_at: datetime
    rows: int
    rows_before: int | None
    rejected: int
    rejections: tuple[Rejection, ...] = ()
    open_cases: int = 0
    excluded: int = 0
    positive_share: float | None
    findings: tuple[Finding, ...]
    columns: tuple[ColumnReport, ...]
    table_format: TableFormat | None = None
    examples: dict[str, tuple[Example, ...]] = Field(default_factory=dict)
    refused: tuple[RefusedRows, ...] = ()

    def with_status(self, status: Status) -> tuple[Finding, ...]:
        """Return the findings of one status."""
        return tuple(finding for finding in self.findings if finding.status is status)

    @property
    def status(self) -> Status:
        """Worst status of the findings."""
        return self.findings[0].status if self.findings else Status.PASS


def judged(
    check: Check, value: float, limit: Limit, message: str, column: str | None = None
) -> Finding:
    """Compare a measurement with its limits."""
    status, bound = Status.PASS, None
    for candidate, end in ((Status.FAIL, limit.fail), (Status.WARN, limit.warn)):
        if end is not None and value > end:
            status, bound = candidate, end
            break
    told = message if bound is None else f"{message}; the limit is {_bound(check, bound)}"
    return Finding(
        check=check, status=status, column=column, message=told, value=value, limit=limit
    )


def _bound(check: Check, bound: float) -> str:
    return f"{bound:g}" if check in _NO_SHARES else f"{100 * bound:g}%"


def worst_first(findings: list[Finding]) -> tuple[Finding, ...]:
    """Sort findings by status; the sort is stable."""
    order = list(Status)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.status)))
