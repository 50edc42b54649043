"""Plans the target: two classes, several, or a number."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.plan import TargetPlan
from modelfleet.drafting.tasks.by_task import DRAFTS
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import Task
from modelfleet.spec.tasks.kind import spelling
from modelfleet.tables.table_format import ColumnFormat, Content

_TWO = 2
_NONE = "none"


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
    if task is None:
        task = next(each for each, draft in DRAFTS.items() if draft.suits(column, len(counts)))
    return DRAFTS[task].plan(column, counts, positive)


def outcomes(column: ColumnValues, plan: TargetPlan) -> NDArray[np.float64]:
    """The target as numbers, shape (rows,): 1 for the positive class, the index of one of more.

    NaN stands where nothing is known.
    """
    if not plan.spellings:
        return np.asarray(column.values, dtype=np.float64)
    places = {spelling(name): float(place) for place, name in enumerate(plan.spellings)}
    return np.array([places.get(spelling(text or ""), np.nan) for text in column.texts])


def _classes_of(column: ColumnValues) -> Counter[str]:
    """How often each class is there, by its most frequent spelling."""
    spelled: dict[str, Counter[str]] = {}
    for text, count in column.counts.items():
        spelled.setdefault(spelling(text), Counter())[text] += count
    return Counter({each.most_common(1)[0][0]: each.total() for each in spelled.values()})
