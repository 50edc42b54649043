"""Compares a version's performance with its performance on the holdout."""

from collections.abc import Iterator, Mapping, Sequence
from math import hypot

from modelfleet.drift.performance.report import (
    Basis,
    PerformanceFinding,
    PerformanceReport,
    PerformanceStatus,
    VersionPerformance,
)
from modelfleet.pages.numbers import measure, metric_name
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.model import Gate
from modelfleet.statistics.results import Estimate

# As for drift; with fewer rows, only a catastrophic loss would be detectable.
LEAST_ROWS = 100
_BASES = {Basis.REALISED: "realized", Basis.EXPECTED: "expected"}


def performance_findings(
    gate: Gate, report: PerformanceReport, manifests: Mapping[str, BundleManifest]
) -> tuple[PerformanceFinding, ...]:
    """Compare a window's performance with each version's performance on held-out rows.

    Judges the gate's primary metric, for which the model's owner has declared a margin: one finding
    for realized performance, and one for expected performance if it can be estimated from scores.
    Performance is degraded if the whole 95 % interval of the difference is beyond the margin. With
    too few rows, the status is `insufficient data`. If one client reported more than half of the
    outcomes, a loss on all outcomes or on those without its excess is enough.

    Parameters
    ----------
    gate
        The model's primary metric and its margin.
    report
        The measured performance; its `versions` are judged.
    manifests
        Manifests of the versions to judge, by version; other versions are ignored.
    """
    return tuple(
        finding
        for performance in report.versions
        if performance.version in manifests
        for finding in _findings(
            gate,
            performance,
            [each for each in report.capped if each.version == performance.version],
            manifests[performance.version],
        )
    )


def _findings(
    gate: Gate,
    performance: VersionPerformance,
    capped: Sequence[VersionPerformance],
    manifest: BundleManifest,
) -> Iterator[PerformanceFinding]:
    held_out = _held_out(gate, manifest)
    realised = [_finding(gate, each, Basis.REALISED, held_out) for each in (performance, *capped)]
    worse = (each for each in realised if each.status is PerformanceStatus.DEGRADED)
    yield next(worse, realised[0])
    if gate.primary in performance.expected:
        yield _finding(gate, performance, Basis.EXPECTED, held_out)


def _held_out(gate: Gate, manifest: BundleManifest) -> Estimate | None:
    measured = manifest.evaluation.metrics if manifest.evaluation else {}
    value = manifest.metrics.get(gate.primary)
    return measured.get(gate.primary) or (None if value is None else Estimate(value=value))


def _finding(
    gate: Gate, performance: VersionPerformance, basis: Basis, held_out: Estimate | None
) -> PerformanceFinding:
    realised = basis is Basis.REALISED
    rows = performance.labels if realised else performance.predictions
    value = (performance.realised if realised else performance.expected).get(gate.primary)
    margin = gate.margin
    if gate.relative_margin and held_out is not None:
        margin *= abs(held_out.value)
    change = estimated_change(value, held_out) if value and held_out else None
    status, reason = _verdict(gate, rows, change, margin)
    measured = f"{_BASES[basis]} {metric_name(gate.primary)}"
    return PerformanceFinding(
        version=performance.version,
        metric=gate.primary,
        basis=basis,
        status=status,
        rows=rows,
        value=value,
        held_out=held_out,
        change=change,
        margin=margin,
        reason=f"version {performance.version}, {measured}: {reason}",
    )


def estimated_change(value: Estimate, held_out: Estimate) -> Estimate | None:
    """Return the difference of two estimates on different rows, with its 95 % interval.

    The distances to the ends of the two intervals, which may be asymmetric, add in quadrature (Zou
    and Donner 2008, "Construction of confidence limits about effect measures"). `None` if the
    current estimate has no interval; a held-out value without an interval counts as exact.
    """
    if value.lower is None or value.upper is None:
        return None
    low = held_out.value if held_out.lower is None else held_out.lower
    high = held_out.value if held_out.upper is None else held_out.upper
    difference = value.value - held_out.value
    return Estimate(
        value=difference,
        lower=difference - hypot(value.value - value.lower, high - held_out.value),
        upper=difference + hypot(value.upper - value.value, held_out.value - low),
    )


def _verdict(
    gate: Gate, rows: int, change: Estimate | None, margin: float
) -> tuple[PerformanceStatus, str]:
    if rows < LEAST_ROWS or change is None or change.lower is None or change.upper is None:
        return (
            PerformanceStatus.INSUFFICIENT_DATA,
            f"too few rows: {rows:,}; at least {LEAST_ROWS} are needed, with enough of each "
            "outcome",
        )
    least_loss = -change.upper if gate.primary.higher_is_better else change.lower
    comparison = (
        f"{measure(change.value)} against held-out rows "
        f"({measure(change.lower)} to {measure(change.upper)}) on {rows:,} rows, margin "
        f"{measure(margin)}"
    )
    if least_loss > margin:
        return PerformanceStatus.DEGRADED, f"significantly worse than allowed: {comparison}"
    return PerformanceStatus.AS_EXPECTED, f"not significantly worse than allowed: {comparison}"
