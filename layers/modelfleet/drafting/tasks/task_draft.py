"""Interface of a task for `fleet new`."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

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
    """Draft settings of a task."""

    # Whether a column with this many classes suits the task; exactly one task matches.
    suits: Callable[[ColumnValues, int], bool]
    # Plan the target from the number of rows per class and the positive class, if chosen; raises
    # `DatasetError` if the column does not suit the task.
    plan: Callable[[ColumnValues, Counter[str], str | None], TargetPlan]
    # Metrics of the spec.
    metrics: Callable[[TargetPlan], tuple[Metric, ...]]
    # Gate, given the score of a baseline model.
    gate: Callable[[TablePlan, float], Gate]
    # Metric and limit of the slices.
    slices: Callable[[TablePlan], tuple[Metric, float]]
    # Texts of the spec; the target's names must be single lines.
    sentences: Callable[[TargetPlan, float], dict[str, str]]
    # Predictive power above which a column with a suspicious name is left out.
    suspicious_power: float = 0.75
    # Score of a plain model above which a table is searched for leaks.
    leak_power: float = 0.95
    # Score from which columns reveal the target as good as certainly.
    certain_power: float = 0.9999


def is_measured(column: ColumnValues) -> bool:
    """Return whether a column holds numbers rather than classes.

    Decimals are never classes. Whole numbers are classes if they have few values, unless there are
    several and the rare ones are all at the ends, where a score or a count thins out; codes of
    classes have rare values anywhere.
    """
    if column.numbers is None:
        return False
    known = column.numbers[~np.isnan(column.numbers)]
    values, counts = np.unique(known, return_counts=True)
    if values.size >= limits.REGRESSION_VALUES_MINIMUM or not np.array_equal(
        values, np.rint(values)
    ):
        return True
    frequent = np.flatnonzero(counts >= limits.class_rows_minimum(values.size))
    if values.size < limits.SCORE_VALUES_MINIMUM or frequent.size in (0, values.size):
        return False
    return bool(frequent.size == frequent[-1] - frequent[0] + 1)


def calibration_error_maximum(plan: TablePlan) -> float:
    """Return a calibration error that is unlikely to be exceeded by chance on the test rows."""
    return next(limit for rows, limit in _CALIBRATION_ERRORS if plan.rows * TEST_SHARE >= rows)


def margin(chance: float) -> float:
    """Round up the expected sampling error to a margin within fixed bounds."""
    low, high = _MARGINS
    return min(max(math.ceil(chance * 100) / 100, low), high)


def relative_margin(plan: TablePlan) -> float:
    """Return the margin for losses and absolute errors, whose deviation is about their mean."""
    return margin(2 / math.sqrt(max(plan.rows * TEST_SHARE, 1)))


def hundredths(value: float) -> float:
    """Round down to two decimals."""
    return math.floor(value * 100) / 100


def least_area(expected: float) -> float:
    """Return the minimum ROC AUC: halfway between chance and the expected value."""
    return max(0.52, hundredths(0.5 + (expected - 0.5) / 2))


def told(counts: Counter[str]) -> str:
    """List the most frequent classes with their number of rows."""
    shown = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(_SHOWN))
    return f"{shown}, …" if len(counts) > _SHOWN else shown


def misfit(counts: Counter[str]) -> str:
    """Return why more than two classes are not a binary target."""
    if len(counts) > CLASSES_MAXIMUM:
        return (
            f"it has {len(counts):,} different values; "
            f"a target has {CLASSES_MAXIMUM} classes at most, or is a number"
        )
    return f"it has {len(counts)} classes ({told(counts)}), and a binary target has two"
