"""What `fleet new` asks of a task."""

import math
from collections import Counter
from typing import Protocol

from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.plan import TablePlan, TargetPlan
from modelfleet.spec.model import Gate, Metric
from modelfleet.spec.tasks.multiclass import CLASSES_MAXIMUM

TEST_SHARE = 0.2
_MARGINS = (0.02, 0.15)
_CALIBRATION_ERRORS = ((2_000, 0.05), (400, 0.08), (0, 0.12))
_SHOWN = 6


class TaskDraft(Protocol):
    """How a model of a task is drafted.

    Attributes
    ----------
    metrics
        The metrics of its spec.
    suspicious_power
        From which power on a column whose name may mean "later" is left out.
    estimators
        The template of its `estimators.py`.
    """

    metrics: tuple[Metric, ...]
    suspicious_power: float
    estimators: str

    def suits(self, column: ColumnValues, classes: int) -> bool:
        """Whether a column of so many classes is a target of this task; no two tasks say so."""
        ...

    def plan(self, column: ColumnValues, counts: Counter[str], positive: str | None) -> TargetPlan:
        """Plan the target from the rows of each class.

        Raises
        ------
        DatasetError
            If the column is no target of this task.
        """
        ...

    def gate(self, plan: TablePlan, expected: float) -> Gate:
        """The gate, where a plain model reaches what is expected."""
        ...

    def slices(self, plan: TablePlan) -> tuple[Metric, float]:
        """The metric of slices, and its limit."""
        ...

    def sentences(self, target: TargetPlan, expected: float) -> dict[str, str]:
        """The texts of a spec, for a target whose names are on one line."""
        ...


def tested_rows(plan: TablePlan) -> float:
    """How many rows will be tested on."""
    return plan.rows * TEST_SHARE


def calibration_error_maximum(plan: TablePlan) -> float:
    """What chance alone hardly reaches."""
    return next(limit for rows, limit in _CALIBRATION_ERRORS if tested_rows(plan) >= rows)


def margin(chance: float) -> float:
    """A margin of what chance may make of equal models, within reason."""
    low, high = _MARGINS
    return min(max(math.ceil(chance * 100) / 100, low), high)


def relative_margin(plan: TablePlan) -> float:
    """The margin of losses and absolute errors, which vary about as much as they are large."""
    return margin(2 / math.sqrt(max(tested_rows(plan), 1)))


def hundredths(value: float) -> float:
    """Rounded down."""
    return math.floor(value * 100) / 100


def halfway_from_guessing(expected: float) -> float:
    """The minimum of a ROC AUC: halfway between a coin and what is expected."""
    return max(0.52, hundredths(0.5 + (expected - 0.5) / 2))


def told(counts: Counter[str]) -> str:
    """The most frequent classes with their rows."""
    shown = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(_SHOWN))
    return f"{shown}, …" if len(counts) > _SHOWN else shown


def misfit(counts: Counter[str]) -> str:
    """Why more than two classes are no binary target, in words."""
    if len(counts) > CLASSES_MAXIMUM:
        return (
            f"it has {len(counts):,} different values; "
            f"a target has {CLASSES_MAXIMUM} classes at most, or is a number"
        )
    return f"it has {len(counts)} classes ({told(counts)}), and a binary target has two"
