"""The data report as a self-contained HTML page, worst findings first."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelfleet.datasets.data_report import Bar, ColumnReport, DataReport, Status
from modelfleet.pages.numbers import percent, profile_range, profile_text
from modelfleet.pages.render import render
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.reference_profile import NumberProfile
from modelfleet.tables.table_format import Example

_TEMPLATE = "datasets/page.html.j2"


@dataclass(frozen=True)
class _Column:
    """A column's heading, figures, and bars; `longest` is the largest share among the bars.

    `missing` is `None` if no value is missing, now or before.
    """

    name: str
    status: Status
    description: str
    figures: Sequence[str]
    bars: Sequence[Bar]
    longest: float
    missing: Bar | None


def render_data_report(spec: ModelSpec, report: DataReport) -> bytes:
    """Render a report as a self-contained page."""
    measure = spec.task.kind.power_measure
    columns = (_column(column, report, measure) for column in report.columns)
    targets = {column.name for column in report.columns if column.role == "target"}
    order = list(Status)
    return render(
        _TEMPLATE,
        title=spec.title,
        report=report,
        facts=_facts(report),
        file=report.table_format.told if report.table_format else "",
        reading=_reading(report),
        rejections=[(r.reason, f"{r.rows:,}", f"{r.line:,}") for r in report.rejections],
        passed=report.with_status(Status.PASS),
        findings=[found for found in report.findings if found.status is not Status.PASS],
        columns=sorted(
            columns, key=lambda each: (order.index(each.status), each.name not in targets)
        ),
    ).encode()


def _reading(report: DataReport) -> list[tuple[str, str, Sequence[Example]]]:
    """Return each column, how it was read, and some cells before and after parsing."""
    columns = report.table_format.columns if report.table_format else ()
    return [
        (each.name, each.told or "text", report.examples.get(each.name, ())) for each in columns
    ]


def _facts(report: DataReport) -> list[tuple[str, str]]:
    before = f" (previously {report.rows_before:,})" if report.rows_before is not None else ""
    found = [
        (f"rows{before}", f"{report.rows:,}"),
        ("rejected rows", f"{report.rejected:,}"),
        *([("open cases", f"{report.open_cases:,}")] if report.open_cases else []),
        *([("excluded rows", f"{report.excluded:,}")] if report.excluded else []),
        ("failures", str(len(report.with_status(Status.FAIL)))),
        ("warnings", str(len(report.with_status(Status.WARN)))),
    ]
    if report.positive_share is not None:
        found.append(("positive", percent(report.positive_share)))
    return found


def _column(column: ColumnReport, report: DataReport, measure: str) -> _Column:
    found = {finding.status for finding in report.findings if finding.column == column.name}
    unit = f" ({column.unit})" if column.unit else ""
    target = " · target" if column.role == "target" else ""
    shares = (max(bar.share, bar.before or 0.0) for bar in column.bars)
    return _Column(
        name=column.name,
        status=next((status for status in Status if status in found), Status.PASS),
        description=f"{column.description}{unit}{target}",
        figures=_figures(column, measure),
        bars=column.bars,
        longest=max(shares, default=0.0) or 1.0,
        missing=_missing(column),
    )


def _missing(column: ColumnReport) -> Bar | None:
    share, before = column.profile.missing_share, column.missing_before
    return Bar(label="missing", share=share, before=before) if share or before else None


def _figures(column: ColumnReport, measure: str) -> list[str]:
    profile = column.profile
    figures = [f"{percent(profile.missing_share)} missing"]
    if isinstance(profile, NumberProfile) and profile.mean is not None:
        mean = profile_text(profile, profile.mean)
        figures.append(f"{profile_range(profile)}, mean {mean}")
    if column.psi is not None:
        figures.append(f"PSI {column.psi:.3f}")
    if column.leakage is not None:
        figures.append(f"{measure} on its own {column.leakage:.2f}")
    return figures
