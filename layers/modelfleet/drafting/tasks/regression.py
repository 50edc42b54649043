"""Drafts of models that predict a number."""

from collections import Counter

import numpy as np

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.plan import TablePlan, TargetPlan
from modelfleet.drafting.ranges import declared_range
from modelfleet.drafting.tasks.task_draft import TaskDraft, hundredths, relative_margin
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import Gate, Metric, Task


class RegressionDraft(TaskDraft):
    """The declared range is wider than the table's."""

    metrics = (Metric.RMSE, Metric.MAE, Metric.MAPE, Metric.R2, Metric.INTERVAL_COVERAGE)
    suspicious_power = 0.4
    estimators = "regressors"

    def suits(self, column: ColumnValues, classes: int) -> bool:
        """Numbers of many values."""
        return is_measured(column)

    def plan(
        self,
        column: ColumnValues,
        counts: Counter[str],
        positive: str | None,
    ) -> TargetPlan:
        """Take the column's numbers."""
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

    def gate(self, plan: TablePlan, expected: float) -> Gate:
        """The minimum is half of what is expected."""
        return Gate(
            primary=Metric.MAE,
            minimum={
                Metric.R2: max(0.02, hundredths(expected / 2)),
                Metric.INTERVAL_COVERAGE: 0.65,
            },
            maximum={Metric.INTERVAL_COVERAGE: 0.95},
            margin=relative_margin(plan),
            relative_margin=True,
        )

    def slices(self, plan: TablePlan) -> tuple[Metric, float]:
        """The interval still says something."""
        return Metric.INTERVAL_COVERAGE, 0.35

    def sentences(self, target: TargetPlan, expected: float) -> dict[str, str]:
        """About the number."""
        return {
            "description": f"Predicts {target.column}.",
            "target_description": f"Value of {target.column}",
            "gate_reason": f"Half of a baseline model's R2 of {expected:.2f}; intervals must be "
            "valid.",
            "slices_reason": "In a slice the interval may be wider, but must still be informative.",
        }


def is_measured(column: ColumnValues) -> bool:
    """Whether a column of numbers has too many values to be classes."""
    return column.numbers is not None and len(column.counts) >= limits.REGRESSION_VALUES_MINIMUM
