"""A drift run's metrics for CloudWatch."""

from collections.abc import Iterator
from datetime import datetime

from modelfleet.drift.report import ColumnDrift, DriftTest, RunFindings
from modelfleet.drift.state import Decision, DriftAction
from modelfleet.metrics.drift_metrics import (
    ANSWERED_CLASS,
    PREDICTION,
    DriftDimension,
    DriftMetric,
    dimension_sets,
)
from modelfleet.metrics.embedded import Measurement
from modelfleet.spec.names import dimension_value

# A metric, the value of its additional dimension, and its value.
_Value = tuple[DriftMetric, str | None, float]

_COUNTS = (DriftMetric.DRIFT_RUNS, DriftMetric.DRIFT_FOUND, DriftMetric.CURRENT_ROWS)


def heartbeat(namespace: str, model: str, now: datetime) -> list[Measurement]:
    """Return the measurement of a run that completed without a released version."""
    names = {DriftDimension.MODEL.value: model}
    return [Measurement(namespace, DriftMetric.DRIFT_RUNS, "Count", names, (1.0,), now)]


def measurements(
    namespace: str, findings: RunFindings, decision: Decision, now: datetime
) -> list[Measurement]:
    """Return all measurements of a run, under each of their dimension sets."""
    return [
        Measurement(
            namespace=namespace,
            name=metric,
            unit="Count" if metric in _COUNTS else "None",
            dimensions=dict(zip(chosen, _names(findings, chosen, split), strict=True)),
            values=(value,),
            time=now,
        )
        for metric, split, value in _values(findings, decision)
        for chosen in dimension_sets(metric)
    ]


def _names(
    findings: RunFindings, dimensions: tuple[DriftDimension, ...], split: str | None
) -> list[str]:
    known = {
        DriftDimension.MODEL: findings.drift.model,
        DriftDimension.VERSION: findings.drift.version,
    }
    return [known.get(dimension, dimension_value(split or "")) for dimension in dimensions]


def _values(findings: RunFindings, decision: Decision) -> Iterator[_Value]:
    report = findings.drift
    yield DriftMetric.DRIFT_RUNS, None, 1.0
    yield DriftMetric.DRIFT_FOUND, None, float(decision.action is not DriftAction.NONE)
    yield DriftMetric.CURRENT_ROWS, None, float(report.current_rows)
    if report.columns:
        yield DriftMetric.DRIFTED_SHARE, None, report.drifted_share
    for column in report.columns:
        # A column may have the same name as the predictions.
        taken = column.name in (PREDICTION, ANSWERED_CLASS)
        yield from _score(column, f"column {column.name}" if taken else column.name)
    if report.prediction is not None:
        yield from _score(report.prediction, PREDICTION)
    if report.label is not None:
        yield from _score(report.label, ANSWERED_CLASS)
        # Rare classes are folded into one, because each class is a billed metric.
        current = report.label.current
        for name, share in zip(current.labels, current.shares, strict=True):
            yield DriftMetric.CLASS_SHARE, name, share
    yield from _performance(findings)


def _score(column: ColumnDrift, name: str) -> Iterator[_Value]:
    found = column.finding(DriftTest.PSI)
    if found is not None:
        score = found.size
        yield DriftMetric.DRIFT_SCORE, name, score


def _performance(findings: RunFindings) -> Iterator[_Value]:
    for performance in findings.performance.versions:
        if performance.version == findings.drift.version:
            yield DriftMetric.LABELS_SHARE, None, performance.labels_share
            for metric, estimate in performance.realised.items():
                yield DriftMetric.REALISED_PERFORMANCE, metric, estimate.value
            for metric, estimate in performance.expected.items():
                yield DriftMetric.EXPECTED_PERFORMANCE, metric, estimate.value
