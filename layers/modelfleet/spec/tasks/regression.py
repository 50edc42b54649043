"""Regression: a number, predicted with an interval."""

from collections import Counter
from collections.abc import Sequence
from math import inf, isfinite, nan
from typing import Any

from modelfleet.spec.data_limits import Check
from modelfleet.spec.features import Target
from modelfleet.spec.metric import Metric
from modelfleet.spec.tasks.kind import TargetFault, TaskKind, most_frequent


def _read(target: Target, value: Any) -> tuple[Any, TargetFault | None]:
    """Parse a finite number and check that it is in the declared range."""
    try:
        number = float(value)
    except ValueError:
        number = nan
    if not isfinite(number):
        return number, (Check.TYPES, "it must be a finite number")
    unit = f" {target.unit}" if target.unit else ""
    if target.minimum is not None and number < target.minimum:
        return number, (Check.RANGES, f"it must be {target.minimum:g}{unit} or more")
    if target.maximum is not None and number > target.maximum:
        return number, (Check.RANGES, f"it must be {target.maximum:g}{unit} or less")
    return number, None


def _summary(y: Sequence[Any]) -> dict[str, Any]:
    from statistics import fmean, median  # noqa: PLC0415  # slow, and no request needs it

    return {"minimum": min(y), "median": median(y), "mean": fmean(y), "maximum": max(y)}


def _distribution(counts: Counter[Any]) -> str:
    value, share = most_frequent(counts)
    return f"the most frequent value, {value:,g}, makes {share:.1%} of the rows"


KIND = TaskKind(
    metrics=frozenset({Metric.RMSE, Metric.MAE, Metric.MAPE, Metric.R2, Metric.INTERVAL_COVERAGE}),
    label_fault=lambda labels: "" if labels is None else "a number has no classes",
    read=_read,
    read_outcome=_read,
    summary=_summary,
    distribution=_distribution,
    rule_field="interval",
    always_measured=(),
    always_compared=(),
    has_confidence=False,
    numeric_text=True,
    power_measure="R²",
    no_power=0.0,
    score_field="value",
    score_range=(-inf, inf),
)
