"""Plans the target: two classes, several, or a number."""

import math
import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.plan import TargetPlan
from modelfleet.drafting.ranges import declared_range
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import Task
from modelfleet.spec.task import CLASSES_MAXIMUM, spelling
from modelfleet.tables.table_format import ColumnFormat, Content

_TWO = 2
_NONE = "none"
_SHOWN = 6
_POSITIVE = ("1", "yes", "true", "y", "t", "positive", "pos", "1.0")
# What files spell without being told; see `modelfleet.tables.validate`.
_UNDERSTOOD = ({"0", "1"}, {"0.0", "1.0"}, {"no", "yes"}, {"false", "true"})


def target_format(found: ColumnFormat) -> ColumnFormat:
    """How a target is read: "none" is a class where it is there often.

    Damage of none, some or much is three classes. The other spellings of a gap are no words that
    people would call a class; the plan says how many rows they cost. True and false are classes of
    that name.
    """
    if found.yes or found.no:
        return found.model_copy(update={"content": Content.TEXT, "yes": (), "no": ()})
    often = sum(n for word, n in found.missing.items() if word.casefold() == _NONE)
    if found.content is not Content.TEXT or often < limits.CLASS_ROWS_MINIMUM:
        return found
    gaps = {word: n for word, n in found.missing.items() if word.casefold() != _NONE}
    return found.model_copy(update={"missing": gaps, "kept": (*found.kept, _NONE)})


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
        If it has one value, more than 50 classes, a class of too few rows, or is not what the user
        says.
    """
    counts = _classes_of(column)
    if len(counts) < _TWO:
        raise DatasetError(f"{column.name}: the same value in every row; there is nothing to learn")
    if task is Task.REGRESSION or (task is None and _is_measured(column)):
        return _number(column)
    if fault := _misfit(counts, task, positive):
        raise DatasetError(f"{column.name}: {fault}")
    return _two(column, counts, positive) if len(counts) == _TWO else _many(column, counts)


def outcomes(column: ColumnValues, plan: TargetPlan) -> NDArray[np.float64]:
    """The target as numbers, shape (rows,): 1 for the positive class, the index of one of more.

    NaN stands where nothing is known.
    """
    if plan.task is Task.REGRESSION:
        return np.asarray(column.values, dtype=np.float64)
    two = (plan.negative or "", plan.positive or "")
    names = (plan.labels or ()) if plan.task is Task.MULTICLASS else two
    places = {spelling(name): float(place) for place, name in enumerate(names)}
    none = 0.0 if plan.task is Task.BINARY else np.nan
    return np.array([places.get(spelling(text or ""), none) for text in column.texts])


def _is_measured(column: ColumnValues) -> bool:
    return column.numbers is not None and len(column.counts) >= limits.REGRESSION_VALUES_MINIMUM


def _number(column: ColumnValues) -> TargetPlan:
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


def _classes_of(column: ColumnValues) -> Counter[str]:
    """How often each class is there, by its most frequent spelling."""
    spelled: dict[str, Counter[str]] = {}
    for text, count in column.counts.items():
        spelled.setdefault(spelling(text), Counter())[text] += count
    return Counter({each.most_common(1)[0][0]: each.total() for each in spelled.values()})


def _misfit(counts: Counter[str], task: Task | None, positive: str | None) -> str:
    """Why these classes are no target of what the user says, in words; empty where they are."""
    if len(counts) == _TWO:
        return "it has two classes, so its task is binary" if task is Task.MULTICLASS else ""
    if len(counts) > CLASSES_MAXIMUM:
        return (
            f"it has {len(counts):,} different values; "
            f"a target has {CLASSES_MAXIMUM} classes at most, or is a number"
        )
    if task is Task.BINARY or positive is not None:
        return f"it has {len(counts)} classes ({_told(counts)}), and a binary target has two"
    least = limits.CLASS_ROWS_MINIMUM_OF_MANY
    if rare := {name: count for name, count in counts.items() if count < least}:
        return (
            f"too few rows of {_told(Counter(rare))}; {least} of each class are needed, so leave "
            "them out, or call them one class"
        )
    return ""


def _told(counts: Counter[str]) -> str:
    shown = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(_SHOWN))
    return f"{shown}, …" if len(counts) > _SHOWN else shown


def _many(column: ColumnValues, counts: Counter[str]) -> TargetPlan:
    # A gap among whole numbers has them written as 1.0.
    counts = Counter({_whole(name): count for name, count in counts.items()})
    names = sorted(counts, key=lambda name: (_as_number(name), name.casefold()))
    hint = "" if column.numbers is None else "; if it is a number, add: --task regression"
    return TargetPlan(
        column=column.name,
        task=Task.MULTICLASS,
        reason=f"{len(counts)} classes: {_told(counts)}{hint}",
        labels=tuple(names),
        shares=tuple(counts[name] / counts.total() for name in names),
    )


def _whole(text: str) -> str:
    found = re.fullmatch(r"(-?\d+)\.0+", text)
    return found[1] if found else text


def _as_number(text: str) -> float:
    return float(text) if _is_number(text) else math.inf


def _is_number(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False


def _two(column: ColumnValues, counts: Counter[str], positive: str | None) -> TargetPlan:
    (more, often), (less, seldom) = counts.most_common()
    chosen, reason = _positive(more, less, positive)
    negative = more if chosen == less else less
    if min(often, seldom) < limits.CLASS_ROWS_MINIMUM:
        raise DatasetError(
            f"{column.name}: too few rows of class {less}: {seldom} of {limits.CLASS_ROWS_MINIMUM}"
        )
    understood = {negative.casefold(), chosen.casefold()} in _UNDERSTOOD and _is_true(chosen)
    return TargetPlan(
        column=column.name,
        task=Task.BINARY,
        reason=f"two classes, of which {chosen} is the positive one: {reason}",
        labels=None if understood else (negative, chosen),
        negative=negative,
        positive=chosen,
        positive_share=counts[chosen] / counts.total(),
    )


def _positive(more: str, less: str, asked: str | None) -> tuple[str, str]:
    if asked is not None:
        found = [label for label in (more, less) if label.casefold() == asked.casefold()]
        if not found:
            raise DatasetError(f"no class {asked}; the classes are {more} and {less}")
        return found[0], "you say so"
    both_count = all(label.isdecimal() for label in (more, less)) and {more, less} != {"0", "1"}
    if _is_true(more) != _is_true(less) and not both_count:
        return (more if _is_true(more) else less), "its name says so"
    return less, "it is the rarer one"


def _is_true(label: str) -> bool:
    return label.casefold() in _POSITIVE
