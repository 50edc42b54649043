"""Measures a version's slices and groups, and compares them with their limits."""

from collections.abc import Iterator

from modelfleet.drift.performance.answers import Answers, Judged, WindowAnswers
from modelfleet.drift.performance.limits import estimated_change
from modelfleet.drift.segments.fairness import NO_POSITIVE_CLASS, measure_rates
from modelfleet.drift.segments.report import (
    ProductionSlice,
    RateComparison,
    SegmentFinding,
    SegmentReport,
)
from modelfleet.drift.segments.slices import measure_slices
from modelfleet.evaluation.limits import widened
from modelfleet.pages.numbers import measure, metric_name
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.alert_policy import Concern
from modelfleet.spec.drift_policy import DriftPolicy
from modelfleet.spec.metric import Metric
from modelfleet.spec.model import ModelSpec, Slices
from modelfleet.statistics.results import Estimate
from modelfleet.statistics.tasks.by_task import STATISTICS


def measure_segments(
    spec: ModelSpec, read: WindowAnswers, manifest: BundleManifest
) -> SegmentReport:
    """Measure the slices and groups of the predictions of one version in a window.

    Parameters
    ----------
    spec
        The model, with its slices, sensitive columns, and limits.
    read
        The window's answers, with the columns named by `columns.needed`.
    manifest
        Manifest of the version to measure.
    """
    answers = read.by_version().get(manifest.version, Answers())
    judged = Judged.of(spec, answers, read.actual)
    slices = _judged(spec, measure_slices(spec, answers, judged, manifest))
    metric = spec.slices.metric if spec.slices else None
    rates, comparisons = measure_rates(spec, answers, judged)
    findings = (*_slice_findings(metric, slices), *_rate_findings(rates))
    return SegmentReport(
        version=manifest.version,
        start=read.window.start,
        end=read.window.end,
        metric=metric,
        slices=slices,
        rates=rates,
        comparisons=comparisons,
        findings=findings,
        note="" if STATISTICS[spec.task].selected else NO_POSITIVE_CLASS,
    )


def _judged(spec: ModelSpec, slices: tuple[ProductionSlice, ...]) -> tuple[ProductionSlice, ...]:
    """Compare the measured slices with the limits."""
    declared, policy = spec.slices, spec.drift
    if declared is None:
        return slices
    measured = sum(each.estimate is not None for each in slices)
    # One of twenty intervals is beyond its limit by chance, so all of them are widened.
    tests = measured * (1 if policy.slice_loss is None else 2)

    def judged(each: ProductionSlice) -> ProductionSlice:
        if each.estimate is None:
            return each
        joint = widened(each.estimate, tests)
        fault = _beyond(declared, joint) or _lost(declared, policy, each, joint, tests)
        return each.model_copy(update={"fault": fault})

    return tuple(map(judged, slices))


def _slice_findings(
    metric: Metric | None, slices: tuple[ProductionSlice, ...]
) -> Iterator[SegmentFinding]:
    for each in slices:
        if each.fault and each.estimate is not None:
            # The value of a sensitive column must not reach a log, an event, or a message.
            group = f"a group of {each.column}" if each.sensitive else _named(each)
            name = metric_name(metric) if metric else ""
            text = f"{name} {measure(each.estimate.value)} for {group}: {each.fault}"
            yield SegmentFinding(concern=Concern.SEGMENT, text=text)


def _named(found: ProductionSlice) -> str:
    return f"{found.column} = {found.group} ({found.rows:,} rows)"


def _beyond(declared: Slices, joint: Estimate) -> str:
    """Return how a slice misses the limit for every slice; empty if it may be within it."""
    higher = declared.metric.higher_is_better
    bound, limit = (joint.upper if higher else joint.lower), declared.limit
    if bound is None or (bound >= limit if higher else bound <= limit):
        return ""
    word = "below the minimum" if higher else "above the maximum"
    return f"significantly {word} {limit:g}"


def _lost(
    declared: Slices, policy: DriftPolicy, found: ProductionSlice, joint: Estimate, tests: int
) -> str:
    """Return how much worse a slice is than on held-out rows; empty if by no more than allowed."""
    if policy.slice_loss is None or found.held_out is None:
        return ""
    change = estimated_change(joint, widened(found.held_out, tests))
    if change is None or change.lower is None or change.upper is None:
        return ""
    least = -change.upper if declared.metric.higher_is_better else change.lower
    if least <= policy.slice_loss:
        return ""
    return (
        f"significantly worse than on held-out rows ({measure(found.held_out.value)}), "
        f"by more than {policy.slice_loss:g}"
    )


def _rate_findings(rates: tuple[RateComparison, ...]) -> Iterator[SegmentFinding]:
    for each in rates:
        apart = each.difference
        if each.exceeded and apart and apart.lower is not None and apart.upper is not None:
            text = (
                f"{each.kind.shown} differs between groups of {each.column} by "
                f"{measure(apart.value)} ({measure(apart.lower)} to {measure(apart.upper)}), "
                f"limit {each.limit:g}"
            )
            yield SegmentFinding(concern=Concern.FAIRNESS, text=text)
