"""Absolute limits of the gate, independent of the champion."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

from modelfleet.pages.numbers import measure, metric_name
from modelfleet.spec.model import Gate, Metric, Slices
from modelfleet.statistics.results import Closeness, Estimate, Evaluation, Parity, SliceResult

_NORMAL = NormalDist()
_TAIL = 0.025


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Measurements of a candidate: on held-out rows, and of its bundle.

    The evaluation is of the judged model; parity, size, and latency are of the served one.
    `latency_ms` is the time to score one row in ONNX Runtime. `closeness` is `None` if both are one
    model.
    """

    evaluation: Evaluation
    parity: Parity
    bundle_bytes: int
    latency_ms: float
    closeness: Closeness | None = None


def missed_limits(gate: Gate, slices: Slices | None, candidate: Measured) -> Iterator[str]:
    """Yield a message for each limit that a candidate misses.

    A limit is missed if the entire 95 % interval lies beyond it, so that a small sample does not
    block a candidate by chance. A value of NaN misses its limit.

    Parameters
    ----------
    gate, slices
        The model's declared limits.
    candidate
        Measurements of the candidate.
    """
    evaluation = candidate.evaluation
    limited = (*gate.minimum, *gate.maximum)
    if absent := [metric for metric in limited if metric not in evaluation.metrics]:
        yield f"{absent[0]} has a limit, but is not defined on these rows; limit another metric"
        return
    for metric, limit in gate.minimum.items():
        if not _highest(evaluation.metrics[metric]) >= limit:
            measured = f"{metric_name(metric)} {_estimate(evaluation.metrics[metric])}"
            yield f"{measured} is below the minimum {limit:g}"
    for metric, limit in gate.maximum.items():
        if not _lowest(evaluation.metrics[metric]) <= limit:
            measured = f"{metric_name(metric)} {_estimate(evaluation.metrics[metric])}"
            yield f"{measured} is above the maximum {limit:g}"
    yield from _calibration_faults(gate, evaluation)
    if slices is not None:
        yield from _slice_faults(slices, evaluation)
    yield from _bundle_faults(gate, candidate)


def _calibration_faults(gate: Gate, evaluation: Evaluation) -> Iterator[str]:
    error, noise = evaluation.metrics.get(Metric.CALIBRATION_ERROR), evaluation.calibration_noise
    if error is None or noise is None:
        return
    if not error.value - noise <= gate.calibration_error_maximum:
        yield (
            f"{Metric.CALIBRATION_ERROR} {error.value:.4f} is above the maximum "
            f"{gate.calibration_error_maximum:g} by more than sampling noise ({noise:.4f})"
        )


def _slice_faults(slices: Slices, evaluation: Evaluation) -> Iterator[str]:
    measured = [
        (group, value) for group in evaluation.slices if (value := group.estimate) is not None
    ]
    for group, value in measured:
        wide = widened(value, len(measured))
        if slices.metric.higher_is_better and not _highest(wide) >= slices.limit:
            yield _slice_fault(slices, group, value, "below the minimum")
        if not slices.metric.higher_is_better and not _lowest(wide) <= slices.limit:
            yield _slice_fault(slices, group, value, "above the maximum")


def _slice_fault(slices: Slices, group: SliceResult, value: Estimate, beyond: str) -> str:
    return (
        f"{metric_name(slices.metric)} {_estimate(value)} for {group.name} ({group.rows:,} rows) "
        f"is {beyond} {slices.limit:g} for every group"
    )


def widened(estimate: Estimate, groups: int) -> Estimate:
    """Widen an interval for simultaneous coverage of all groups (Bonferroni).

    One of twenty groups lies outside its 95 % interval by chance. The bounds are scaled as for a
    normal distribution, an approximation.
    """
    if estimate.lower is None or estimate.upper is None:
        return estimate
    factor = _NORMAL.inv_cdf(1.0 - _TAIL / groups) / _NORMAL.inv_cdf(1.0 - _TAIL)
    value = estimate.value
    return Estimate(
        value=value,
        lower=value - factor * (value - estimate.lower),
        upper=value + factor * (estimate.upper - value),
    )


def _bundle_faults(gate: Gate, candidate: Measured) -> Iterator[str]:
    parity = candidate.parity
    if not parity.holds:
        yield f"export differs by {parity.maximum_difference:.2e}, tolerance {parity.tolerance:.0e}"
    if candidate.closeness is not None:
        yield from _twin_faults(candidate.closeness)
    if candidate.bundle_bytes > gate.bundle_bytes_maximum:
        yield f"bundle of {candidate.bundle_bytes:,} bytes is over {gate.bundle_bytes_maximum:,}"
    if not candidate.latency_ms <= gate.latency_ms_maximum:
        yield f"one row takes {candidate.latency_ms:.3g} ms, over {gate.latency_ms_maximum:g} ms"


def _twin_faults(close: Closeness) -> Iterator[str]:
    """Yield how the served model is unlike the judged one; a distance of NaN is over its limit."""
    limit = measure(close.limit)
    if not close.difference <= close.limit:
        yield (
            f"the served model's predictions differ from the judged one's by "
            f"{measure(close.difference)} on average, over {limit}"
        )
    if not close.learned_error <= close.limit:
        yield (
            f"the served model's mean error is {measure(close.learned_error)} on rows that it "
            f"learned, over {limit}"
        )


def _highest(estimate: Estimate) -> float:
    return estimate.value if estimate.upper is None else estimate.upper


def _lowest(estimate: Estimate) -> float:
    return estimate.value if estimate.lower is None else estimate.lower


def _estimate(estimate: Estimate) -> str:
    if estimate.lower is None or estimate.upper is None:
        return measure(estimate.value)
    ends = f"{measure(estimate.lower)} to {measure(estimate.upper)}"
    return f"{measure(estimate.value)} (95 % interval {ends})"
