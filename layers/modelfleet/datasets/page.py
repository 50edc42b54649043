"""The data report as one self-contained page, worst findings first."""

from collections.abc import Iterable
from string import Template

from modelfleet.datasets.data_report import Bar, ColumnReport, DataReport, Finding, Status
from modelfleet.pages import policy as page_policy
from modelfleet.pages.numbers import number_text
from modelfleet.pages.text import escape
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.reference_profile import NumberProfile

_PAGE = Template("""$opening<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title: data set version $version</title>
<style>
:root{--ink:#1c2430;--soft:#667085;--line:#e4e7ec;--now:#3b6fd4;--then:#c3cad6;--fail:#b42318;
--warn:#a15c07;--pass:#067647}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:#f7f8fa;margin:0;
overflow-wrap:anywhere}
main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2.2rem 0 .7rem}
p,ul{margin:.3rem 0}code{font-size:.9em}.soft{color:var(--soft)}
.box{background:#fff;border:1px solid var(--line);border-radius:10px;padding:1rem 1.1rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.8rem;
margin-top:1.2rem}
.facts b{display:block;font-size:1.3rem;font-weight:600}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.45rem .8rem .45rem 0;border-top:1px solid var(--line);
vertical-align:top}
tr:first-child th,tr:first-child td{border-top:0}
th{font-weight:500;color:var(--soft);font-size:.85rem}
.tag{display:inline-block;min-width:3.2rem;text-align:center;border-radius:99px;font-size:.78rem;
font-weight:600;padding:.05rem .6rem;color:#fff}
.fail{background:var(--fail)}.warn{background:var(--warn)}.pass{background:var(--pass)}
.columns{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:.9rem}
.columns h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
.columns p{font-size:.85rem}
.bar{display:grid;grid-template-columns:8.5rem 1fr 3.2rem;gap:.5rem;align-items:center;
font-size:.8rem;margin:.18rem 0}
.bar span:first-child{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bar span:last-child{text-align:right;color:var(--soft);font-variant-numeric:tabular-nums}
.bar i{display:block;height:7px;border-radius:2px;background:var(--now);min-width:1px}
.bar i.then{background:var(--then);height:4px;margin-top:2px}
.bars{margin-top:.6rem}
details summary{cursor:pointer;color:var(--soft)}
.key i{display:inline-block;width:.9rem;height:.5rem;border-radius:2px;background:var(--now)}
.key i.then{background:var(--then);margin-left:.8rem}
</style></head><body><main>
<p class="soft">Data set report</p>
<h1>$title <span class="tag $status">$status</span></h1>
<p class="soft">version <code>$version</code> from $source, $created</p>
<div class="facts">$facts</div>
<h2>Findings</h2>
<div class="box">$findings</div>
<h2>Columns</h2>
<p class="soft key"><i></i> this version $before_key</p>
<div class="columns">$columns</div>
</main></body></html>
""")


def render_data_report(spec: ModelSpec, report: DataReport) -> bytes:
    """Render a report as a page that needs nothing but itself."""
    then = f'<i class="then"></i> version {escape(report.previous)}' if report.previous else ""
    measure = "AUC" if spec.task.has_classes else "R²"
    page = _PAGE.substitute(
        opening=page_policy.opening(page_policy.PAGE),
        title=escape(spec.title),
        version=escape(report.version),
        status=report.status.value,
        source=escape(report.source),
        created=f"{report.created_at:%Y-%m-%d %H:%M} UTC",
        facts="".join(_fact(name, value) for name, value in _facts(report)),
        findings=_findings(report),
        before_key=then,
        columns="".join(
            _column(column, report, measure) for column in _worst_columns_first(report)
        ),
    )
    return page.encode()


def _facts(report: DataReport) -> list[tuple[str, str]]:
    before = f", {report.rows_before:,} before" if report.rows_before is not None else ""
    found = [
        (f"rows{before}", f"{report.rows:,}"),
        ("rows set aside", f"{report.rejected:,}"),
        ("findings that fail", str(len(report.with_status(Status.FAIL)))),
        ("warnings", str(len(report.with_status(Status.WARN)))),
    ]
    if report.positive_share is not None:
        found.append(("positive", f"{report.positive_share:.1%}"))
    return found


def _fact(name: str, value: str) -> str:
    return f'<div class="box"><b>{escape(value)}</b><span class="soft">{escape(name)}</span></div>'


def _findings(report: DataReport) -> str:
    passed = report.with_status(Status.PASS)
    bad = [finding for finding in report.findings if finding.status is not Status.PASS]
    shown = _finding_table(bad) if bad else "<p>Nothing stands out.</p>"
    rest = f"<details><summary>{len(passed)} measures within their limits</summary>"
    return f"{shown}{rest}{_finding_table(passed)}</details>" if passed else shown


def _finding_table(findings: Iterable[Finding]) -> str:
    rows = "".join(
        f'<tr><td><span class="tag {finding.status.value}">{finding.status.value}</span></td>'
        f"<td>{escape(finding.check.value)}</td>"
        f"<td><b>{escape(finding.column or 'all columns')}</b></td>"
        f"<td>{escape(finding.message)}</td></tr>"
        for finding in findings
    )
    return f"<table><tr><th></th><th>check</th><th>column</th><th>found</th></tr>{rows}</table>"


def _worst_columns_first(report: DataReport) -> list[ColumnReport]:
    """The order in which the findings name columns; the target leads among equals."""
    order = list(Status)
    worst = {finding.column: order.index(finding.status) for finding in reversed(report.findings)}
    return sorted(
        report.columns,
        key=lambda column: (worst.get(column.name, len(order)), column.role != "target"),
    )


def _column(column: ColumnReport, report: DataReport, measure: str) -> str:
    tags = {finding.status for finding in report.findings if finding.column == column.name}
    worst = next((status for status in Status if status in tags), Status.PASS)
    bars = "".join(_bar(bar, _longest(column)) for bar in column.bars)
    unit = f" ({escape(column.unit)})" if column.unit else ""
    target = " · target" if column.role == "target" else ""
    tag = "" if worst is Status.PASS else f' <span class="tag {worst.value}">{worst.value}</span>'
    return (
        f'<section class="box"><h3>{escape(column.name)}{tag}</h3>'
        f'<p class="soft">{escape(column.description)}{unit}{target}</p>'
        f"<p>{escape(_figures(column, measure))}</p>"
        f'<div class="bars">{bars}</div></section>'
    )


def _figures(column: ColumnReport, measure: str) -> str:
    profile = column.profile
    parts = [f"{profile.missing_share:.1%} missing"]
    if isinstance(profile, NumberProfile) and profile.mean is not None:
        ends = f"{number_text(profile.minimum or 0.0)} to {number_text(profile.maximum or 0.0)}"
        parts.append(f"{ends}, mean {number_text(profile.mean)}")
    if column.psi is not None:
        parts.append(f"PSI {column.psi:.3f}")
    if column.leakage is not None:
        parts.append(f"{measure} alone {column.leakage:.2f}")
    return " · ".join(parts)


def _longest(column: ColumnReport) -> float:
    return max((max(bar.share, bar.before or 0.0) for bar in column.bars), default=0.0) or 1.0


def _bar(bar: Bar, longest: float) -> str:
    then = (
        f'<i class="then" style="width:{100 * bar.before / longest:.1f}%"></i>'
        if bar.before is not None
        else ""
    )
    return (
        f'<div class="bar"><span title="{escape(bar.label)}">{escape(bar.label)}</span>'
        f'<div><i style="width:{100 * bar.share / longest:.1f}%"></i>{then}</div>'
        f"<span>{bar.share:.1%}</span></div>"
    )
