"""Draft of a regression model."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from scipy.stats import skew

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.plan import TablePlan, TargetPlan
from modelfleet.drafting.ranges import declared_range
from modelfleet.drafting.tasks.task_draft import (
    TaskDraft,
    hundredths,
    is_measured,
    relative_margin,
)
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import Gate, Metric, Task

_MOSTLY_ZERO = 0.5
# As for the candidates of the training: above it, a few large values dominate the mean.
_SKEWED = 1.0


def _plan(column: ColumnValues, _counts: Counter[str], _positive: str | None) -> TargetPlan:
    if column.numbers is None:
        raise DatasetError(f"{column.name}: not numeric; a regression needs a numeric target")
    known = column.numbers[~np.isnan(column.numbers)]
    low, high = declared_range(known)
    zeros = float((known == 0).mean())
    return TargetPlan(
        column=column.name,
        task=Task.REGRESSION,
        reason=_reason(known, zeros),
        minimum=low,
        maximum=high,
        zero_share=zeros,
        by_mean=zeros > _MOSTLY_ZERO or _is_skewed_for_good(known),
    )


def _is_skewed_for_good(known: NDArray[np.float64]) -> bool:
    """Return whether the mean is far from the median, and no logarithm can bring them together."""
    skewness = float(skew(known)) if np.ptp(known) else 0.0
    return abs(skewness) > _SKEWED and not (skewness > 0 and known.min() > 0)


def _reason(known: NDArray[np.float64], zeros: float) -> str:
    values = np.unique(known)
    counts = values[0] >= 0 and np.array_equal(values, np.rint(values))
    kind = "counts (whole numbers)" if counts else "a number"
    told = f"{kind} with {values.size:,} values"
    if values.size < limits.REGRESSION_VALUES_MINIMUM and counts:
        told += "; if they are classes, add: --task multiclass"
    return f"{told}; {zeros:.1%} are zero" if zeros else told


def _metrics(target: TargetPlan) -> tuple[Metric, ...]:
    """Return the metrics; the MAPE is not defined if the target has zeros."""
    relative = () if target.zero_share else (Metric.MAPE,)
    return (Metric.RMSE, Metric.MAE, *relative, Metric.R2, Metric.INTERVAL_COVERAGE)


def _gate(plan: TablePlan, expected: float) -> Gate:
    # Candidates predict the mean, or by the logarithm the median. Where the median is far from the
    # mean, as in counts with many zeros, a model of the mean may have a larger absolute error than
    # the median for all rows, however much it has learned.
    return Gate(
        primary=Metric.RMSE if plan.target.by_mean else Metric.MAE,
        minimum={Metric.R2: max(0.02, hundredths(expected / 2)), Metric.INTERVAL_COVERAGE: 0.65},
        maximum={Metric.INTERVAL_COVERAGE: 0.95},
        margin=relative_margin(plan),
        relative_margin=True,
    )


def _sentences(target: TargetPlan, expected: float) -> dict[str, str]:
    return {
        "description": f"Predicts {target.column}.",
        "target_description": f"Value of {target.column}",
        "gate_reason": f"Half of a baseline model's R2 of {expected:.2f}; intervals must be valid.",
        "slices_reason": "In a slice the interval may be wider, but must still be informative.",
    }


DRAFT = TaskDraft(
    suits=lambda column, _: is_measured(column),
    plan=_plan,
    metrics=_metrics,
    gate=_gate,
    slices=lambda _: (Metric.INTERVAL_COVERAGE, 0.35),
    sentences=_sentences,
    suspicious_power=0.4,
    leak_power=0.98,
    certain_power=0.98,
)
