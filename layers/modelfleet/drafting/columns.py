"""Plans of columns: as a feature, with what the spec declares of it, or left out."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.dates import DateChoice, spelled
from modelfleet.drafting.identifiers import identity
from modelfleet.drafting.names import field_names, title_of, unit_of
from modelfleet.drafting.personal_data import is_sensitive
from modelfleet.drafting.plan import ColumnPlan, Role
from modelfleet.drafting.ranges import declared_range
from modelfleet.drafting.roles import Judged
from modelfleet.spec.categories import Unseen
from modelfleet.spec.dates import DateRule
from modelfleet.spec.features import ColumnKind
from modelfleet.tables.reader import Cells
from modelfleet.tables.table_format import ColumnFormat, Content

_FLAG = 2


def plan_columns(
    known: dict[str, ColumnValues],
    judged: Mapping[str, Judged],
    dates: Mapping[str, DateChoice],
) -> tuple[ColumnPlan, ...]:
    """Return the plan of each named column; dates that are features are in `dates`."""
    judged = {**judged, **{name: choice.judged for name, choice in dates.items()}}
    fields = field_names([name for name, found in judged.items() if found.role is Role.FEATURE])
    return tuple(
        feature(known[name], found, fields[name], dates[name].rule if name in dates else None)
        if name in fields
        else _aside(known[name], found)
        for name, found in judged.items()
    )


def unnamed_columns(cells: Cells, labelled: np.ndarray) -> Iterator[ColumnPlan]:
    """Plan the columns without a name, which cannot be used; most are an index."""
    for name, texts in zip(cells.header, cells.columns, strict=True):
        if name:
            continue
        numbers = ColumnFormat(name=name, content=Content.NUMBER)
        column = ColumnValues.read(name, texts, numbers).at(labelled)
        if not column.known:
            yield _aside(column, Judged(Role.EMPTY, "it has neither a name nor values"))
        elif (index := identity(column)) is not None:
            yield _aside(column, Judged(Role.IDENTIFIER, index))
        else:
            yield _aside(column, Judged(Role.DROPPED, "it has no name in the header"))


def _aside(column: ColumnValues, found: Judged) -> ColumnPlan:
    return ColumnPlan(
        name=column.name,
        role=found.role,
        reason=found.reason,
        values=len(column.counts),
        missing_share=column.missing_share,
        alone=found.alone,
    )


def feature(
    column: ColumnValues, found: Judged, field: str, rule: DateRule | None = None
) -> ColumnPlan:
    """Return the plan of a feature, given its Python field and, for dates, its declaration."""
    if rule is not None:
        values = _date(column, rule)
    else:
        values = _category(column) if column.numbers is None else _number(column)
    return _aside(column, found).model_copy(
        update={
            "field": field,
            "title": title_of(column.name),
            "missing_words": column.found.words,
            "sensitive": is_sensitive(column.name),
            **values,
        }
    )


def _date(column: ColumnValues, rule: DateRule) -> dict[str, object]:
    known = sorted(filter(None, spelled(column, rule)))
    return {"kind": ColumnKind.DATE, "date": rule, "example": rule.shown(known[len(known) // 2])}


def _category(column: ColumnValues) -> dict[str, object]:
    listed, unseen = _listed(column)
    return {
        "kind": ColumnKind.CATEGORY,
        "categories": tuple(sorted(listed)),
        "unseen": unseen,
        "example": column.counts.most_common(1)[0][0],
        "value_words": () if listed else column.found.kept,
    }


def _listed(column: ColumnValues) -> tuple[Collection[str], Unseen]:
    """Return the categories to list, and what happens to other values; none if there are many."""
    counts = column.counts
    often = [value for value, rows in counts.items() if rows >= limits.CATEGORY_ROWS_MINIMUM]
    few = len(counts) <= limits.CLOSED_CATEGORIES_MAXIMUM
    too_long = max(map(len, counts)) > limits.TEXT_LENGTH_MAXIMUM
    if too_long or len(counts) <= _FLAG or (few and len(often) == len(counts)):
        return counts, Unseen.REFUSE
    # Only an open category can have words as values that usually stand for a missing one.
    kept = {*column.found.kept} - {value.casefold() for value in often}
    if kept or not 1 < len(often) <= limits.LISTED_CATEGORIES_MAXIMUM:
        return (), Unseen.SCORE
    return often, Unseen.SCORE


def _number(column: ColumnValues) -> dict[str, object]:
    if column.numbers is None:
        raise TypeError(f"{column.name} is not numeric")
    values = column.numbers[~np.isnan(column.numbers)]
    low, high = declared_range(values)
    middle = float(np.quantile(values, 0.5, method="lower"))
    counted = _is_counted(values)
    return {
        "kind": ColumnKind.INTEGER if counted else ColumnKind.NUMBER,
        "unit": column.found.unit or unit_of(column.name),
        "minimum": low,
        "maximum": high,
        "example": int(middle) if counted else float(f"{middle:.6g}"),
    }


def _is_counted(values: np.ndarray) -> bool:
    """Return whether the values are counts: integers that could not be rounded decimals."""
    whole = np.array_equal(values, np.rint(values))
    few = np.unique(values).size <= limits.COUNT_VALUES_MAXIMUM
    return whole and few and float(np.abs(values).max()) <= limits.COUNT_MAXIMUM
