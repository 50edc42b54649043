"""Planning of the target: two classes, several classes, or a number."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.plan import TargetPlan
from modelfleet.drafting.tasks.by_task import DRAFTS
from modelfleet.drafting.tasks.rare import Classes, Handling, settle_rare
from modelfleet.drafting.tasks.task_draft import is_measured
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import Task
from modelfleet.spec.tasks.kind import spelling
from modelfleet.spec.words import folded
from modelfleet.tables.columns.arrow_cells import ArrowCells, filled
from modelfleet.tables.columns.words import NO, YES
from modelfleet.tables.reader import Cells
from modelfleet.tables.table_format import ColumnFormat, Content

_TWO = 2
_NONE = "none"


def blank_class(cells: Sequence[Any]) -> str | None:
    """Return the class of blank cells if all others have the same mark, such as x; else `None`."""
    distinct = set(cells.array.unique().to_pylist() if isinstance(cells, ArrowCells) else cells)
    blank = distinct & {"", None}
    marks = {cell for cell in distinct - blank if isinstance(cell, str)}
    if not blank or distinct - blank != marks or len(set(map(folded, marks))) != 1:
        return None
    mark = folded(min(marks))
    if mark not in YES:
        return None
    return "0" if mark == "1" else "no"


def with_blank_class(cells: Cells, target: str, blank: str | None) -> Cells:
    """Return cells with the class of blank cells in their place, if they have one."""
    if blank is None:
        return cells
    columns = [*cells.columns]
    place = cells.header.index(target)
    columns[place] = filled(columns[place], blank)
    return replace(cells, columns=tuple(columns))


def target_format(found: ColumnFormat) -> ColumnFormat:
    """Adapt the format of a target column: a frequent "none" is a class.

    Damage of none, some, or much is three classes. Other words for a missing value would not be
    chosen as a class name; the plan reports how many rows they cost. True and false are classes
    under these names.
    """
    if found.yes or found.no:
        return found.model_copy(update={"content": Content.TEXT, "yes": (), "no": ()})
    often = sum(n for word, n in found.missing.items() if word.casefold() == _NONE)
    if found.content is not Content.TEXT or often < limits.CLASS_ROWS_MINIMUM:
        return found
    gaps = {word: n for word, n in found.missing.items() if word.casefold() != _NONE}
    return found.model_copy(update={"missing": gaps, "kept": (*found.kept, _NONE)})


def plan_target(
    column: ColumnValues,
    task: Task | None = None,
    positive: str | None = None,
    rare: Handling = "merge",
) -> TargetPlan:
    """Plan a column as the target.

    Parameters
    ----------
    column
        Values in the rows that have one.
    task
        Task chosen by the user.
    positive
        Positive class chosen by the user.
    rare
        What to do with classes that have too few rows.

    Raises
    ------
    DatasetError
        If the column is constant, has more than 50 classes or a class with too few rows, or does
        not fit the user's choices.
    """
    counts = _classes_of(column)
    counts, spellings = (counts, {}) if _is_number(column, task) else _yes_and_no(counts)
    if len(counts) < _TWO:
        raise DatasetError(f"{column.name}: the same value in every row; there is nothing to learn")
    classes = Classes(counts, {}) if _is_number(column, task) else settle_rare(counts, rare)
    if task is None:
        number = len(classes.counts)
        task = next(each for each, draft in DRAFTS.items() if draft.suits(column, number))
    planned = DRAFTS[task].plan(column, classes.counts, positive)
    return _with_rare(planned, replace(classes, merge={**classes.merge, **spellings}))


def _is_number(column: ColumnValues, task: Task | None) -> bool:
    return is_measured(column) if task is None else task.kind.numeric_text


def _with_rare(planned: TargetPlan, classes: Classes) -> TargetPlan:
    """Declare the merged and excluded classes; labels must then be listed, too."""
    if not classes.merge and not classes.exclude:
        return planned
    return planned.model_copy(
        update={
            "labels": planned.spellings,
            "merge": classes.merge,
            "exclude": classes.exclude,
        }
    )


def _yes_and_no(counts: Counter[str]) -> tuple[Counter[str], dict[str, tuple[str, ...]]]:
    """Merge words for yes, and words for no, if these are all; return the merged spellings, too.

    Files that several people fill in have Y, yes, and 1.
    """
    yes = Counter({name: n for name, n in counts.items() if folded(name) in YES})
    no = Counter({name: n for name, n in counts.items() if folded(name) in NO})
    if len(counts) <= _TWO or not yes or not no or len(yes) + len(no) != len(counts):
        return counts, {}
    merged: dict[str, tuple[str, ...]] = {}
    found: Counter[str] = Counter()
    for words in (yes, no):
        # A class has a name rather than a number, if it has both.
        most, *others = sorted(words, key=lambda name: (name.isdecimal(), -words[name]))
        found[most] = words.total()
        if others:
            merged[most] = tuple(others)
    return found, merged


def outcomes(column: ColumnValues, plan: TargetPlan) -> NDArray[np.float64]:
    """Return the target as numbers, shape (rows,), NaN if missing.

    A binary target is 1 for the positive class, a multiclass target the index of the class.
    Excluded classes count as missing.
    """
    if not plan.spellings:
        return np.asarray(column.values, dtype=np.float64)
    places = {spelling(name): float(place) for place, name in enumerate(plan.spellings)}
    for label, names in plan.merge.items():
        places |= {spelling(name): places[spelling(label)] for name in names}
    return np.array([places.get(spelling(text or ""), np.nan) for text in column.texts])


def _classes_of(column: ColumnValues) -> Counter[str]:
    """Count the rows of each class under its most frequent spelling."""
    spelled: dict[str, Counter[str]] = {}
    for text, count in column.counts.items():
        spelled.setdefault(spelling(text), Counter())[text] += count
    return Counter({each.most_common(1)[0][0]: each.total() for each in spelled.values()})
