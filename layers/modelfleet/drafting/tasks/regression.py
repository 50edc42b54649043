"""Draft of a regression model."""

from collections import Counter

import numpy as np

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


def _plan(column: ColumnValues, _counts: Counter[str], _positive: str | None) -> TargetPlan:
    if column.numbers is None:
        raise DatasetError(f"{column.name}: not numeric; a regression needs a numeric target")
    low, high = declared_range(column.numbers[~np.isnan(column.numbers)])
    return TargetPlan(
        column=column.name,
        task=Task.REGRESSION,
        reason=f"a number with {len(column.counts):,} values",
        minimum=low,
        maximum=high,
    )


def _gate(plan: TablePlan, expected: float) -> Gate:
    return Gate(
        primary=Metric.MAE,
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
    metrics=(Metric.RMSE, Metric.MAE, Metric.MAPE, Metric.R2, Metric.INTERVAL_COVERAGE),
    gate=_gate,
    slices=lambda _: (Metric.INTERVAL_COVERAGE, 0.35),
    sentences=_sentences,
    suspicious_power=0.4,
)
