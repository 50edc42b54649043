"""One run of watching as one self-contained page: the decision first, then what it rests on."""

from collections.abc import Iterator, Sequence

from modelfleet.drift.performance_report import DayPerformance, PerformanceReport
from modelfleet.drift.report import (
    ColumnDrift,
    DriftReport,
    DriftTest,
    Finding,
    RunFindings,
    Severity,
)
from modelfleet.drift.state import Decision, DriftAction, DriftState
from modelfleet.pages.charts import Axis, Chart
from modelfleet.pages.shell import (
    Cell,
    Markup,
    box,
    bullets,
    facts,
    page,
    paragraph,
    section,
    table,
    tag,
)
from modelfleet.pages.text import escape
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.results import Estimate

# A bin whose share has changed by more stands out.
_MOVED = 0.05
_SHOWN_BINS = 14
_WHOLE_LABEL = 16
_SEVERITY_TAGS = {
    Severity.HIGH: ("high", "bad"),
    Severity.MEDIUM: ("medium", "bad"),
    Severity.LOW: ("low", "one"),
    Severity.NONE: ("steady", "good"),
}
_DOES = {
    DriftAction.NONE: "nothing is done",
    DriftAction.WARN: "people are told",
    DriftAction.RETRAIN: "the model is retrained",
}


def drift_page(
    spec: ModelSpec,
    looked: RunFindings,
    decision: Decision,
    state: DriftState,
    past: Sequence[DriftReport],
) -> bytes:
    """Render a run's findings and its decision.

    Parameters
    ----------
    spec
        The model.
    looked
        What was found.
    decision
        What is done about it.
    state
        What is remembered after it: the alert that it belongs to.
    past
        The reports before, in the order of time.
    """
    report = looked.drift
    sections = [
        _facts(looked, decision),
        section("Why", box(_why(report, decision, state))),
        section("Columns, the worst first", _columns(report)),
        section("How good it is", box(_performance(spec, looked.performance))),
        section("Runs so far", _history([*past, report], spec)),
    ]
    return page("Drift report", spec.title, _headline(report, decision), sections)


def _headline(report: DriftReport, decision: Decision) -> str:
    start, end = report.window.start, report.window.end
    return (
        f"Version {report.version}, {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC: "
        f"{report.status}; {_DOES[decision.action]}."
    )


def _facts(looked: RunFindings, decision: Decision) -> str:
    report = looked.drift
    drifted = sum(column.drifted for column in report.columns)
    return facts(
        [
            ("found", str(report.status)),
            ("done", str(decision.action)),
            ("predictions", f"{report.current_rows:,}"),
            ("rows of training", f"{report.reference_rows:,}"),
            ("drifted features", f"{drifted} of {len(report.columns)}"),
            ("version", report.version),
        ]
    )


def _why(report: DriftReport, decision: Decision, state: DriftState) -> str:
    alert = state.open_alert
    runs = ""
    if alert is not None:
        runs = f"Found in {alert.runs} runs since {alert.opened_at:%Y-%m-%d %H:%M} UTC."
    return "".join(
        [
            bullets(decision.reasons) or paragraph(_sentence(report.reason)),
            paragraph(runs),
            bullets(decision.held_back),
        ]
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "." if text else ""


def _columns(report: DriftReport) -> str:
    figures = "".join(_column(column) for column in (*report.answers, *report.columns))
    if not figures:
        return ""
    key = '<p class="soft">Blue or red: this window; grey: training. A red bar has moved by more'
    key += f" than {_MOVED:.0%} of all rows.</p>"
    return f'{key}<div class="plots">{figures}</div>'


def _column(column: ColumnDrift) -> str:
    found = tag(*_SEVERITY_TAGS[column.severity])
    word = tag("drifted", "bad") if column.drifted else Markup("")
    return box(
        f"<figure><h3>{escape(column.name)} {word.html} {found.html}</h3>"
        f"{''.join(_bars(column))}"
        f"<details><summary>{len(column.findings)} tests</summary>"
        f"{table(_TESTS, [_test(finding) for finding in column.findings])}</details></figure>"
    )


_TESTS = ("test", "statistic", "p", "effect", "limit", "")


def _test(finding: Finding) -> list[Cell]:
    return [
        finding.test,
        f"{finding.statistic:.3g}",
        _number(finding.p_adjusted if finding.p_adjusted is not None else finding.p_value),
        _number(finding.effect_size),
        f"{finding.threshold:g}",
        tag(*_SEVERITY_TAGS[finding.severity]),
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"


def _bars(column: ColumnDrift) -> Iterator[str]:
    """Draw the bins that hold something, as many as one can take in."""
    bins = [
        (label, now, then)
        for label, now, then in zip(
            column.current.labels, column.current.shares, column.reference.shares, strict=True
        )
        if now > 0.0 or then > 0.0
    ]
    longest = max((max(now, then) for _, now, then in bins), default=0.0) or 1.0
    for label, now, then in bins[:_SHOWN_BINS]:
        moved = " moved" if abs(now - then) > _MOVED else ""
        # A label that is cut is told in full; a wide model has a thousand bars, so no other is.
        title = f' title="{escape(label)}"' if len(label) > _WHOLE_LABEL else ""
        yield (
            f'<div class="bar{moved}"><span{title}>{escape(label)}</span><div>'
            f'<i style="width:{100 * now / longest:.0f}%"></i>'
            f'<i style="width:{100 * then / longest:.0f}%"></i></div>'
            f"<span>{now:.1%} / {then:.1%}</span></div>"
        )
    if len(bins) > _SHOWN_BINS:
        yield paragraph(f"and {len(bins) - _SHOWN_BINS} more", "soft")


def _performance(spec: ModelSpec, report: PerformanceReport) -> str:
    metrics = [metric for metric in spec.metrics if _is_known(report, metric)]
    if not report.days:
        return paragraph("No predictions in the last days.")
    header = ("day", "version", "predictions", "outcomes", *metrics)
    rows = [_day(day, metrics) for day in report.days]
    note = "Reported outcomes; in brackets what the scores alone lead to expect."
    return table(header, rows) + paragraph(note, "soft") + paragraph(_sentence(report.note), "soft")


def _is_known(report: PerformanceReport, metric: Metric) -> bool:
    return any(metric in {**day.realised, **day.expected} for day in report.days)


def _day(day: DayPerformance, metrics: Sequence[Metric]) -> list[Cell]:
    return [
        f"{day.day:%Y-%m-%d}",
        day.version,
        f"{day.predictions:,}",
        f"{day.labels:,} ({day.labels_share:.0%})",
        *(_measured(day.realised.get(metric), day.expected.get(metric)) for metric in metrics),
    ]


def _measured(realised: Estimate | None, expected: Estimate | None) -> str:
    told = "-" if realised is None else f"{realised.value:.4g}"
    return told if expected is None else f"{told} ({expected.value:.4g})"


def _history(reports: Sequence[DriftReport], spec: ModelSpec) -> str:
    """Draw the largest drift score of each run beside its limit."""
    scored = [(report, _largest(report)) for report in reports if report.columns]
    if len(scored) < 2:  # noqa: PLR2004 -- one run is no history
        return ""
    highest = max(score for _, score in scored)
    limit = spec.drift.psi
    chart = Chart(
        "The largest population stability index of each run",
        Axis(0, len(scored), "runs, the newest last"),
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
    return box(f'<div style="max-width:34rem">{chart.svg()}</div>')


def _largest(report: DriftReport) -> float:
    found = (column.finding(DriftTest.PSI) for column in report.columns)
    return max((f.effect_size or f.statistic for f in found if f is not None), default=0.0)
