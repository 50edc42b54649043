"""What a target is: two classes, a number, or something that cannot be predicted yet."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.domain.errors import DatasetError
from modelfleet.domain.spec import Task
from modelfleet.pipelines.infer import limits
from modelfleet.pipelines.infer.column_values import ColumnValues
from modelfleet.pipelines.infer.plan import TargetPlan
from modelfleet.pipelines.infer.ranges import declared_range

_TWO = 2
_SHOWN = 6
_POSITIVE = ("1", "yes", "true", "y", "t", "positive", "pos", "1.0")
# What files spell without being told; see `modelfleet.pipelines.validate`.
_UNDERSTOOD = ({"0", "1"}, {"0.0", "1.0"}, {"no", "yes"}, {"false", "true"})


def plan_target(
    column: ColumnValues, task: Task | None = None, positive: str | None = None
) -> TargetPlan:
    """Say what a column is as a target.

    Parameters
    ----------
    column
        Its values where they are there.
    task
        What the user says that it is.
    positive
        Which of two classes the user calls the positive one.

    Raises
    ------
    DatasetError
        If it has one value, more than two classes, or is not what the user says.
    """
    name, values = column.name, len(column.counts)
    if values < _TWO:
        raise DatasetError(
            f"{name}: it has the same value in all rows, so there is nothing to learn"
        )
    if task is Task.REGRESSION or (task is None and _is_measured(column)):
        return _number(column)
    if values > _TWO:
        raise _no_classes(column, asked=task)
    return _classes(column, positive)


def outcomes(column: ColumnValues, plan: TargetPlan) -> NDArray[np.float64]:
    """The target as numbers, 1 for the positive class; shape (rows,)."""
    if plan.task is Task.REGRESSION:
        return np.asarray(column.values, dtype=np.float64)
    return np.array([text == plan.positive for text in column.texts], dtype=np.float64)


def _is_measured(column: ColumnValues) -> bool:
    return column.numbers is not None and len(column.counts) >= limits.REGRESSION_VALUES_MINIMUM


def _number(column: ColumnValues) -> TargetPlan:
    if column.numbers is None:
        raise DatasetError(
            f"{column.name}: it holds no numbers, so it is no target of a regression"
        )
    low, high = declared_range(column.numbers[~np.isnan(column.numbers)])
    return TargetPlan(
        column=column.name,
        task=Task.REGRESSION,
        reason=f"a number with {len(column.counts):,} values",
        minimum=low,
        maximum=high,
    )


def _no_classes(column: ColumnValues, asked: Task | None) -> DatasetError:
    name, counts = column.name, column.counts
    if len(counts) > limits.CLASSES_MAXIMUM:
        return DatasetError(
            f"{name}: it has {len(counts):,} different texts; "
            "a target has two classes, or is a number"
        )
    shown = ", ".join(f"{text} {count:,}" for text, count in counts.most_common(_SHOWN))
    more = ", …" if len(counts) > _SHOWN else ""
    hint = (
        "; if it is a number to be predicted, add: --task regression"
        if column.numbers is not None and asked is None
        else ""
    )
    return DatasetError(
        f"{name}: it has {len(counts)} classes ({shown}{more}), and models predict two classes or "
        f"a number; make a column that says yes or no of one class{hint}"
    )


def _classes(column: ColumnValues, positive: str | None) -> TargetPlan:
    (more, often), (less, seldom) = column.counts.most_common()
    chosen, reason = _positive(more, less, positive)
    negative = more if chosen == less else less
    if min(often, seldom) < limits.CLASS_ROWS_MINIMUM:
        raise DatasetError(
            f"{column.name}: only {seldom} rows are {less}; {limits.CLASS_ROWS_MINIMUM} are needed"
        )
    understood = {negative.casefold(), chosen.casefold()} in _UNDERSTOOD and _is_true(chosen)
    return TargetPlan(
        column=column.name,
        task=Task.BINARY,
        reason=f"two classes, of which {chosen} is the positive one: {reason}",
        labels=None if understood else (negative, chosen),
        negative=negative,
        positive=chosen,
        positive_share=column.counts[chosen] / column.known,
    )


def _positive(more: str, less: str, asked: str | None) -> tuple[str, str]:
    if asked is not None:
        found = [label for label in (more, less) if label.casefold() == asked.casefold()]
        if not found:
            raise DatasetError(f"there is no class {asked}; the classes are {more} and {less}")
        return found[0], "you say so"
    both_count = all(label.isdecimal() for label in (more, less)) and {more, less} != {"0", "1"}
    if _is_true(more) != _is_true(less) and not both_count:
        return (more if _is_true(more) else less), "its name says so"
    return less, "it is the rarer one"


def _is_true(label: str) -> bool:
    return label.casefold() in _POSITIVE
