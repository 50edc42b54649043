"""What `fleet new` asks of a task."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.plan import TablePlan, TargetPlan
from modelfleet.spec.model import Gate, Metric
from modelfleet.spec.tasks.multiclass import CLASSES_MAXIMUM

TEST_SHARE = 0.2
_MARGINS = (0.02, 0.15)
_CALIBRATION_ERRORS = ((2_000, 0.05), (400, 0.08), (0, 0.12))
_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class TaskDraft:
    """How a model of a task is drafted."""

    # Whether a column of so many classes is a target of this task; no two tasks say so.
    suits: Callable[[ColumnValues, int], bool]
    # The target, from the rows of each class and the class that the user calls positive; raises
    # `DatasetError` where the column is no target of this task.
    plan: Callable[[ColumnValues, Counter[str], str | None], TargetPlan]
    # The metrics of its spec.
    metrics: tuple[Metric, ...]
    # Its gate, where a plain model reaches so much.
    gate: Callable[[TablePlan, float], Gate]
    # The metric of its slices and the limit.
    slices: Callable[[TablePlan], tuple[Metric, float]]
    # The texts of its spec, for a target whose names are on one line.
    sentences: Callable[[TargetPlan, float], dict[str, str]]
    # From how much on a column whose name may mean "later" is left out.
    suspicious_power: float = 0.75
    # The template of its `estimators.py`.
    estimators: str = "classifiers"


def is_measured(column: ColumnValues) -> bool:
    """Whether a column of numbers has too many values to be classes."""
    return column.numbers is not None and len(column.counts) >= limits.REGRESSION_VALUES_MINIMUM


def calibration_error_maximum(plan: TablePlan) -> float:
    """What chance alone hardly reaches on the test rows."""
    return next(limit for rows, limit in _CALIBRATION_ERRORS if plan.rows * TEST_SHARE >= rows)


def margin(chance: float) -> float:
    """A margin of what chance may make of equal models, within reason."""
    low, high = _MARGINS
    return min(max(math.ceil(chance * 100) / 100, low), high)


def relative_margin(plan: TablePlan) -> float:
    """The margin of losses and absolute errors, which vary about as much as they are large."""
    return margin(2 / math.sqrt(max(plan.rows * TEST_SHARE, 1)))


def hundredths(value: float) -> float:
    """Rounded down."""
    return math.floor(value * 100) / 100


def least_area(expected: float) -> float:
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
