"""Drift report as a self-contained page: the decision first, then its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from modelfleet.captures.window import Window
from modelfleet.drift.performance.report import DayPerformance, PerformanceReport
from modelfleet.drift.report import (
    ColumnDrift,
    DriftReport,
    DriftStatus,
    Finding,
    RefusedCategory,
    RunFindings,
    Severity,
)
from modelfleet.drift.state import Decision, DriftAction, DriftState
from modelfleet.pages.charts import Axis, Chart
from modelfleet.pages.numbers import counted, metric_name, percent, significant
from modelfleet.pages.render import render
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.results import Estimate

_TEMPLATE = "drift/page.html.j2"
# Bins whose share has changed by more are drawn in red.
_MOVED = 0.05
_SHOWN_BINS = 14
_DIGITS = 4
_SHOWN_RUNS = 8
_STATUSES = {
    DriftStatus.DRIFT: "drift detected",
    DriftStatus.WARNING: "close to the drift threshold",
    DriftStatus.NO_DRIFT: "no drift",
    DriftStatus.INSUFFICIENT_DATA: "not enough data",
    DriftStatus.FAULT: "invalid comparison",
}
_ACTIONS = {
    DriftAction.NONE: "no action",
    DriftAction.WARN: "alert sent",
    DriftAction.RETRAIN: "retraining started",
}


@dataclass(frozen=True)
class _Bin:
    label: str
    now: float
    then: float
    moved: bool


@dataclass(frozen=True)
class _Column:
    """A column's heading, bins, and tests; `hidden` is the number of bins not shown."""

    name: str
    drifted: bool
    severity: Severity
    bins: Sequence[_Bin]
    longest: float
    hidden: int
    tests: Sequence[Finding]

    @property
    def is_stable(self) -> bool:
        """Whether there is nothing to see."""
        return not self.drifted and self.severity is Severity.NONE


def drift_page(
    spec: ModelSpec,
    found: RunFindings,
    decision: Decision,
    state: DriftState,
    past: Sequence[DriftReport],
) -> bytes:
    """Render a run's findings and its decision.

    Parameters
    ----------
    spec
        The model.
    found
        The run's findings.
    decision
        The action taken on them.
    state
        The state after the run, with its open alert.
    past
        Earlier reports, oldest first.
    """
    report = found.drift
    columns = [_column(column) for column in report.worst_first]
    metrics = _known_metrics(spec, found.performance)
    return render(
        _TEMPLATE,
        title=spec.title,
        report=report,
        status=_STATUSES[report.status],
        action=_ACTIONS[decision.action],
        facts=_facts(report, decision),
        reasons=decision.reasons or (_sentence(report.reason),),
        alert=state.open_alert,
        held_back=decision.held_back,
        refused=[_refused(category) for category in report.refused],
        moved_columns=[column for column in columns if not column.is_stable],
        stable_columns=[column for column in columns if column.is_stable],
        moved=_MOVED,
        metrics=[metric_name(metric) for metric in metrics],
        days=[_day(day, metrics) for day in found.performance.days],
        note=_sentence(found.performance.note),
        history=_history([*past, report], spec.drift.psi),
        runs=[_run(each) for each in [report, *reversed(past)][:_SHOWN_RUNS]],
        window=_span(report.window),
    ).encode()


def _facts(report: DriftReport, decision: Decision) -> list[tuple[str, str]]:
    drifted = sum(column.drifted for column in report.columns)
    return [
        ("status", _STATUSES[report.status]),
        ("action", _ACTIONS[decision.action]),
        ("predictions", f"{report.current_rows:,}"),
        ("reference rows", f"{report.reference_rows:,}"),
        ("drifted features", f"{drifted} of {len(report.columns)}"),
        ("version", report.version),
    ]


def _span(window: Window) -> str:
    """Word a window, with seconds if both ends are in the same minute."""
    start, end = window.start, window.end
    clock = "%H:%M" if end - start >= timedelta(minutes=1) else "%H:%M:%S"
    until = clock if start.date() == end.date() else f"%Y-%m-%d {clock}"
    return f"{start:%Y-%m-%d {clock}} to {end:{until}} UTC"


def _run(report: DriftReport) -> tuple[str, ...]:
    psi = significant(_largest_psi(report)) if report.columns else "-"
    ended = f"{report.window.end:%Y-%m-%d %H:%M}"
    return (ended, report.version, f"{report.current_rows:,}", report.status.value, psi)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "." if text else ""


def _column(column: ColumnDrift) -> _Column:
    sides = zip(column.current.labels, column.current.shares, column.reference.shares, strict=True)
    bins = [
        _Bin(label, now, then, abs(now - then) > _MOVED)
        for label, now, then in sides
        if now > 0.0 or then > 0.0
    ]
    return _Column(
        name=column.name,
        drifted=column.drifted,
        severity=column.severity,
        bins=bins[:_SHOWN_BINS],
        longest=max((max(each.now, each.then) for each in bins), default=1.0),
        hidden=max(0, len(bins) - _SHOWN_BINS),
        tests=column.findings,
    )


def _refused(category: RefusedCategory) -> tuple[str, ...]:
    return (
        category.column,
        "other values" if category.value is None else category.value,
        f"{category.rows:,}",
        f"{category.share:.1%}",
        f"{category.clients:,}",
    )


def _known_metrics(spec: ModelSpec, report: PerformanceReport) -> list[Metric]:
    known = {metric for day in report.days for metric in (*day.realised, *day.expected)}
    return [metric for metric in spec.metrics if metric in known]


def _day(day: DayPerformance, metrics: Sequence[Metric]) -> tuple[str, ...]:
    return (
        f"{day.day:%Y-%m-%d}",
        day.version,
        f"{day.predictions:,}",
        f"{day.labels:,} ({percent(day.labels_share, 0)})",
        *(_measured(day.realised.get(metric), day.expected.get(metric)) for metric in metrics),
    )


def _measured(realised: Estimate | None, expected: Estimate | None) -> str:
    shown, estimated = (
        None if each is None or each.too_few_rows else each.value for each in (realised, expected)
    )
    told = significant(shown, _DIGITS)
    return told if estimated is None else f"{told} ({significant(estimated, _DIGITS)})"


def _history(reports: Sequence[DriftReport], limit: float) -> Markup | None:
    """Draw the largest PSI of each run with the limit; a single run has no history."""
    scored = [(report, _largest_psi(report)) for report in reports if report.columns]
    if len(scored) < 2:  # noqa: PLR2004 -- as above
        return None
    highest = max(score for _, score in scored)
    chart = Chart(
        f"Largest PSI of a feature in each of {counted(len(scored), 'run')}",
        Axis(0, len(scored), "runs, newest last"),
        Axis(0, 1.1 * max(highest, limit), "largest PSI of a feature"),
    )
    step = -(-len(scored) // 6)
    names = [
        f"{report.window.end:%m-%d %H:%M}" if number % step == 0 else ""
        for number, (report, _) in enumerate(scored)
    ]
    chart.grid_of_groups(names)
    chart.curve([(0, limit), (len(scored), limit)], "rule")
    chart.curve([(number + 0.5, score) for number, (_, score) in enumerate(scored)], "curve one")
    for number, (report, score) in enumerate(scored):
        chart.point(number + 0.5, score, "fill-bad" if report.drifted else "fill-one")
    return chart.svg()


def _largest_psi(report: DriftReport) -> float:
    return max((column.psi or 0.0 for column in report.columns), default=0.0)
