"""`fleet performance`: how good a model's predictions turned out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.output.console import answer, answer_json, answer_table, step
from modelfleet.domain.bundle import BundleManifest
from modelfleet.domain.deployment import Output
from modelfleet.domain.drift import Window
from modelfleet.domain.errors import ObjectNotFoundError
from modelfleet.domain.evaluation import Estimate
from modelfleet.domain.gate_limits import number
from modelfleet.domain.performance import (
    DayPerformance,
    PerformanceFinding,
    PerformanceReport,
    VersionPerformance,
)
from modelfleet.domain.performance_limits import performance_findings
from modelfleet.domain.ports import ObjectStore
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.read_object import manifest_of
from models.catalogue import find

_DAYS = 30
_COLUMNS = ("day", "version", "labels", "metric", "realised (95 % interval)", "expected")


def performance(
    model: ModelArgument,
    days: Annotated[
        int, typer.Option("--days", min=1, help="How far back predictions are looked at.")
    ] = _DAYS,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Show what came of a model's predictions, and what their scores let expect until then.

    An outcome counts on the day of its prediction, however late it is reported.

    Example: fleet performance bankchurn --days 7
    """
    from modelfleet.pipelines.performance import measure_performance  # noqa: PLC0415  # numpy

    spec, cloud, now = find(model), Cloud.connect(stage), datetime.now(UTC)
    with step(f"look at predictions and outcomes, {days} days back"):
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
    """Of the versions that have predicted; one whose bundle is gone is not judged."""
    found = {}
    for each in report.versions:
        try:
            found[each.version] = manifest_of(artifacts, report.model, each.version)
        except ObjectNotFoundError:
            continue
    return found


def _show(
    spec: ModelSpec, report: PerformanceReport, findings: tuple[PerformanceFinding, ...]
) -> None:
    rows = [row for day in report.days for row in _rows(spec, day.day.isoformat(), day)]
    whole = [row for each in report.versions for row in _rows(spec, "all", each)]
    answer_table(_COLUMNS, rows if _is_one_day(report.days) else rows + whole)
    for finding in findings:
        answer(f"{finding.status}: {finding.reason}")
    if report.unmatched:
        answer(f"{report.unmatched} outcomes have no prediction in this window")
    if report.note:
        answer(report.note)


def _is_one_day(days: tuple[DayPerformance, ...]) -> bool:
    return len({day.day for day in days}) <= 1


def _rows(spec: ModelSpec, when: str, each: VersionPerformance) -> Iterator[tuple[str, ...]]:
    """One day of a version: a row for each metric, the one that the gate goes by first."""
    known = {*each.realised, *each.expected}
    metrics = [m for m in dict.fromkeys((spec.gate.primary, *spec.metrics)) if m in known]
    labels = f"{each.labels:,} of {each.predictions:,} ({each.labels_share:.0%})"
    named: tuple[str, ...] = (when, each.version, labels)
    if not metrics:
        yield (*named, "-", "-", "-")
    for metric in metrics:
        yield (*named, metric, _words(each.realised.get(metric)), _words(each.expected.get(metric)))
        # What they share is told once: narrow terminals break lines, so that none may be aligned.
        named = ("", "", "")


def _words(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    if estimate.lower is None or estimate.upper is None:
        return number(estimate.value)
    return f"{number(estimate.value)} ({number(estimate.lower)} to {number(estimate.upper)})"
