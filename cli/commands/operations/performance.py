"""`fleet performance`: compare a model's predictions with their outcomes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.output.console import answer, answer_json, answer_table, step
from modelfleet.captures.window import Window
from modelfleet.catalogue import find
from modelfleet.drift.performance.limits import performance_findings
from modelfleet.drift.performance.report import (
    DayPerformance,
    PerformanceFinding,
    PerformanceReport,
    VersionPerformance,
)
from modelfleet.pages.numbers import measure
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import BundleManifest
from modelfleet.resource_names import Output
from modelfleet.spec.errors import ObjectNotFoundError
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import Estimate
from modelfleet.storage.object_store import ObjectStore

_DAYS = 30
_COLUMNS = ("day", "version", "outcomes", "metric", "realized (95% interval)", "expected")


def performance(
    model: ModelArgument,
    days: Annotated[
        int, typer.Option("--days", min=1, help="Use predictions of this many days.")
    ] = _DAYS,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Show a model's performance by reported outcomes.

    Where outcomes are missing, shows the performance expected from the scores. Each outcome counts
    on the day of its prediction, even if it is reported later.

    Example: fleet performance bankchurn --days 7
    """
    from modelfleet.drift.performance.measure import measure_performance  # noqa: PLC0415  # numpy

    spec, cloud, now = find(model), Cloud.connect(stage), datetime.now(UTC)
    with step(f"read predictions and outcomes of the last {days} days"):
        window = Window(start=now - timedelta(days=days), end=now)
        report = measure_performance(spec, cloud.store(Output.LAKE_BUCKET), window=window, now=now)
    manifests = _manifests(cloud.store(Output.ARTIFACTS_BUCKET), report)
    findings = performance_findings(spec.gate, report, manifests)
    if as_json:
        found = [finding.model_dump(mode="json") for finding in findings]
        answer_json(report.model_dump(mode="json") | {"findings": found})
        return
    _show(spec, report, findings)


def _manifests(artifacts: ObjectStore, report: PerformanceReport) -> dict[str, BundleManifest]:
    """The manifests of the versions that predicted, except those whose bundle was deleted."""
    found = {}
    for each in report.versions:
        try:
            found[each.version] = BundleStore(artifacts).manifest(report.model, each.version)
        except ObjectNotFoundError:
            continue
    return found


def _show(
    spec: ModelSpec, report: PerformanceReport, findings: tuple[PerformanceFinding, ...]
) -> None:
    rows = [row for day in report.days for row in _rows(spec, day.day.isoformat(), day)]
    totals = [row for each in report.versions for row in _rows(spec, "all", each)]
    answer_table(_COLUMNS, rows if _is_one_day(report.days) else rows + totals)
    for finding in findings:
        answer(f"{finding.status}: {finding.reason}")
    if report.unmatched:
        answer(f"outcomes without a prediction in this window: {report.unmatched:,}")
    if report.note:
        answer(report.note)


def _is_one_day(days: tuple[DayPerformance, ...]) -> bool:
    return len({day.day for day in days}) <= 1


def _rows(spec: ModelSpec, when: str, each: VersionPerformance) -> Iterator[tuple[str, ...]]:
    """A day of a version: one row per metric, starting with the gate's primary metric."""
    known = {*each.realised, *each.expected}
    metrics = [m for m in dict.fromkeys((spec.gate.primary, *spec.metrics)) if m in known]
    labels = f"{each.labels:,} of {each.predictions:,} ({each.labels_share:.0%})"
    named = (when, each.version, labels)
    if not metrics:
        yield (*named, "-", "-", "-")
    for metric in metrics:
        realised, expected = each.realised.get(metric), each.expected.get(metric)
        shown = (_words(realised, "too few outcomes"), _words(expected, "too few predictions"))
        yield (*named, metric, *shown)


def _words(estimate: Estimate | None, too_few: str) -> str:
    if estimate is None:
        return "-"
    if estimate.lower is None or estimate.upper is None:
        return too_few
    return f"{measure(estimate.value)} ({measure(estimate.lower)} to {measure(estimate.upper)})"
