"""Planning of a model from a table."""

import shlex
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.dates import DateChoice, choose_dates, date_rule, spelled
from modelfleet.drafting.expect import declared
from modelfleet.drafting.groups import GroupChoice, choose_group, requested_group
from modelfleet.drafting.identifiers import identity
from modelfleet.drafting.leaks import DraftedTable, find_leak
from modelfleet.drafting.names import field_names, title_of, unit_of
from modelfleet.drafting.plan import (
    ColumnPlan,
    Leak,
    PlanWarning,
    Role,
    TablePlan,
    TargetPlan,
    WarningCode,
    costliest_first,
)
from modelfleet.drafting.plan_warnings.repeated_rows import RepeatedRows, repeated_rows, row_groups
from modelfleet.drafting.plan_warnings.target import class_warnings, leak_warnings, listed
from modelfleet.drafting.plan_warnings.values import value_warnings
from modelfleet.drafting.ranges import declared_range
from modelfleet.drafting.roles import Judged, Outcome, role_of
from modelfleet.drafting.target import outcomes, plan_target, target_format
from modelfleet.drafting.tasks.rare import Handling
from modelfleet.spec.categories import Unseen
from modelfleet.spec.dates import DateRule
from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import DatasetError, TableError
from modelfleet.spec.features import RESERVED, Column, ColumnKind
from modelfleet.spec.model import Task
from modelfleet.spec.time_column import TimeColumn
from modelfleet.tables.columns.formats import Expected, Kind, RawColumn, find_formats
from modelfleet.tables.columns.numbers import STRAY_SHARE
from modelfleet.tables.date_parts import days_of, moments
from modelfleet.tables.names import did_you_mean, match_names
from modelfleet.tables.reader import Cells
from modelfleet.tables.table_format import AS_FOUND, ColumnFormat, Content, ReadOptions

_FLAG = 2
_DAY = len("2026-01-31")
_YEAR = len("2026")


class PlanRequest(Frozen):
    """The user's choices; everything else is inferred.

    `drop` lists columns to leave out, `keep` columns to use even if the plan would leave them out.
    `group` is the column that says which rows belong together; `ungrouped` uses none. `positive` is
    the positive class of a binary target, `rare` says what to do with classes that have too few
    rows, and `reading` how to read the file.
    """

    model: str
    target: str
    task: Task | None = None
    time: str | None = None
    group: str | None = None
    ungrouped: bool = False
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    positive: str | None = None
    rare: Handling = "merge"
    reading: ReadOptions = AS_FOUND


def plan_table(cells: Cells, request: PlanRequest) -> TablePlan:
    """Decide the role of each column, and give the reason.

    Raises
    ------
    DatasetError
        If no model can be drafted from the table. The message is one line that names the file and,
        if applicable, the column.
    """
    try:
        return _plan(cells, request)
    except (DatasetError, TableError) as error:
        raise DatasetError(f"{cells.source}: {error}") from error


def _plan(cells: Cells, request: PlanRequest) -> TablePlan:
    request = _spelled(cells.header, request)
    _require_names(cells.header, request)
    formats = _formats(cells, request)
    columns = {
        name: ColumnValues.read(name, texts, formats[name])
        for name, texts in zip(cells.header, cells.columns, strict=True)
        if name in formats
    }
    labelled = _labelled(columns[request.target])
    read_as_gaps = tuple(_read_as_gaps(formats[request.target]))
    try:
        target = _target(columns[request.target].at(labelled), request)
    except DatasetError as error:
        # The missing rows or classes may be among the values read as missing.
        notes = (warning.text for warning in read_as_gaps)
        raise DatasetError("; ".join((str(error), *notes))) from error
    y = outcomes(columns[target.column], target)
    used = labelled & ~np.isnan(y)
    known, y = {name: column.at(used) for name, column in columns.items()}, y[used]
    group = _group(known, request, y)
    taken = group.column if group is not None and group.is_taken else None
    outcome = Outcome(target.column, target.task, y, row_groups(known, taken, target.column))
    judged = {name: _judged(column, request, outcome, group) for name, column in known.items()}
    leak = find_leak(_drafted(known, judged, target, outcome))
    judged |= _leaking(leak, judged, request.keep)
    named = _columns(known, judged, _dates(known, judged, request, outcome))
    planned = (*_unnamed(cells, used), *named)
    if not any(column.role is Role.FEATURE for column in planned):
        raise DatasetError(_no_features(leak))
    repeated = _repeated_rows(planned, known, request, grouped=taken is not None)
    time = _time(known, request)
    return TablePlan(
        model=request.model,
        source=cells.source,
        rows=int(used.sum()),
        rows_without=int((~labelled).sum()),
        rows_excluded=int((labelled & ~used).sum()),
        rows_repeated=repeated.count,
        sampled_from=cells.sampled_from,
        target=target,
        columns=planned,
        time=time,
        group=taken,
        days=None if time is None else _days(known[time.column], time),
        format=cells.format.model_copy(update={"columns": tuple(formats.values())}),
        leak=leak,
        warnings=costliest_first(
            (
                *leak_warnings(leak, request.keep, outcome),
                *class_warnings(target, outcome),
                *read_as_gaps,
                *_suggested_group(group),
                *repeated.warnings,
                *_warnings(cells, planned, known, outcome),
            )
        ),
    )


def _labelled(target: ColumnValues) -> np.ndarray:
    """Return a mask of the rows that have an outcome; a word in a numeric target is not one."""
    if target.numbers is not None:
        return ~np.isnan(target.numbers)
    return np.array([text is not None for text in target.texts], dtype=bool)


def _target(known: ColumnValues, request: PlanRequest) -> TargetPlan:
    if (rows := len(known.texts)) < limits.ROWS_MINIMUM:
        raise DatasetError(f"too few rows with a {known.name}: {rows} of {limits.ROWS_MINIMUM}")
    return plan_target(known, request.task, request.positive, request.rare)


def _spelled(header: Sequence[str], request: PlanRequest) -> PlanRequest:
    """Return the request with column names as spelled in the file."""
    asked = {request.target, request.time, request.group, *request.drop, *request.keep} - {None}
    places = match_names(header, [name for name in asked if name is not None])
    spelled = {name: header[place] for name, place in places.items()}

    def of(name: str) -> str:
        return spelled.get(name, name)

    return request.model_copy(
        update={
            "target": of(request.target),
            "time": None if request.time is None else of(request.time),
            "group": None if request.group is None else of(request.group),
            "drop": tuple(map(of, request.drop)),
            "keep": tuple(map(of, request.keep)),
        }
    )


def _formats(cells: Cells, request: PlanRequest) -> dict[str, ColumnFormat]:
    """Infer the format of each named column; dropped columns need not be readable."""
    raw = {
        name: RawColumn(name, texts, Expected(Kind.TEXT if name in request.drop else Kind.UNKNOWN))
        for name, texts in zip(cells.header, cells.columns, strict=True)
        if name
    }
    found = {
        each.name: each for each in find_formats(list(raw.values()), cells.format, request.reading)
    }
    return found | {request.target: target_format(found[request.target])}


def _read_as_gaps(target: ColumnFormat) -> Iterator[PlanWarning]:
    """Warn of words read as a missing outcome, because one of them may be a class."""
    for word, count in target.missing.items():
        option = shlex.quote(f"{target.name}={word}")
        yield PlanWarning(
            code=WarningCode.TARGET_WORDS,
            column=target.name,
            text=f"{word} ({count:,} rows) is read as missing; if it is a class, add: "
            f"--keep-word {option}",
        )


def _require_names(header: Sequence[str], request: PlanRequest) -> None:
    asked = (request.target, request.time, request.group, *request.drop, *request.keep)
    if absent := [name for name in asked if name is not None and name not in header]:
        raise DatasetError(
            f"no column {absent[0]}; the columns are {', '.join(header)}"
            f"{did_you_mean(absent[0], header)}"
        )
    if twice := [name for name, count in Counter(filter(None, header)).items() if count > 1]:
        raise DatasetError(f"duplicate column {twice[0]}")
    if taken := {request.target, request.time, request.group} & {*RESERVED}:
        raise DatasetError(f"column {taken.pop()}: this name is reserved; rename it")
    if request.group in {request.target, request.time, *request.drop, *request.keep} - {None}:
        raise DatasetError(
            f"--group {request.group}: a group is neither a feature, nor the target, nor the time, "
            "nor dropped"
        )
    if unfit := [name for name in header if "\0" in name]:
        raise DatasetError(f"column {unfit[0]}: the name contains a NUL character; rename it")
    if all(_is_number(name) for name in header):
        raise DatasetError(
            "the first line contains numbers; a header with column names is required"
        )


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("-").isdecimal()


def _columns(
    known: dict[str, ColumnValues],
    judged: Mapping[str, Judged],
    dates: Mapping[str, DateChoice],
) -> tuple[ColumnPlan, ...]:
    judged = {**judged, **{name: choice.judged for name, choice in dates.items()}}
    fields = field_names([name for name, found in judged.items() if found.role is Role.FEATURE])
    return tuple(
        _feature(known[name], found, fields[name], dates[name].rule if name in dates else None)
        if name in fields
        else _aside(known[name], found)
        for name, found in judged.items()
    )


def _dates(
    known: dict[str, ColumnValues],
    judged: Mapping[str, Judged],
    request: PlanRequest,
    outcome: Outcome,
) -> dict[str, DateChoice]:
    """Decide which dates are features, given the other features."""
    rules = _date_rules(known, judged, Role.DATE, Role.TIME)
    others = [name for name, found in judged.items() if found.role is Role.FEATURE]
    return choose_dates(
        {name: (judged[name], rule) for name, rule in rules.items()},
        [declared(_feature(known[name], judged[name], name)) for name in others],
        {name: known[name].values for name in others}
        | {name: spelled(known[name], rule) for name, rule in rules.items()},
        outcome,
        time_column=request.time,
        kept=request.keep,
    )


def _date_rules(
    known: Mapping[str, ColumnValues], judged: Mapping[str, Judged], *roles: Role
) -> dict[str, DateRule]:
    """Return how the dates among columns of some roles are spelled."""
    return {
        name: rule
        for name, found in judged.items()
        if found.role in roles
        and known[name].date_format is not None
        and (rule := date_rule(known[name])) is not None
    }


def _drafted(
    known: Mapping[str, ColumnValues],
    judged: Mapping[str, Judged],
    target: TargetPlan,
    outcome: Outcome,
) -> DraftedTable:
    """Return what may leak: the features, and dates as numbers; in rows that have an outcome."""
    features = [name for name, found in judged.items() if found.role is Role.FEATURE]
    columns = [declared(_feature(known[name], judged[name], name)) for name in features]
    rows = {name: known[name].values for name in features}
    for name, rule in _date_rules(known, judged, Role.DATE).items():
        columns.append(
            Column(name=name, kind=ColumnKind.NUMBER, description=name, nullable=True, example=0)
        )
        rows[name] = days_of(moments(spelled(known[name], rule)))
    return DraftedTable(
        columns=tuple(columns),
        rows=pd.DataFrame(rows),
        alone={column.name: judged[column.name].alone or 0.0 for column in columns},
        target=outcome.column,
        y=outcome.y,
        groups=outcome.groups,
        task=outcome.task,
        labels=target.spellings,
    )


def _leaking(
    leak: Leak | None, judged: Mapping[str, Judged], kept: Sequence[str]
) -> dict[str, Judged]:
    """Return the new role of the columns that leak and are not kept."""
    if leak is None:
        return {}
    return {
        name: Judged(Role.LEAK, reason, judged[name].alone)
        for name, reason in zip(leak.columns, leak.reasons, strict=True)
        if name not in kept
    }


def _no_features(leak: Leak | None) -> str:
    told = "" if leak is None else f": {listed(leak.columns)} would leak the target"
    return f"no usable feature columns{told}; keep some with --keep COLUMN"


def _unnamed(cells: Cells, labelled: np.ndarray) -> Iterator[ColumnPlan]:
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


def _group(
    known: dict[str, ColumnValues], request: PlanRequest, y: np.ndarray
) -> GroupChoice | None:
    if request.group is not None:
        return requested_group(known[request.group])
    if request.ungrouped:
        return None
    aside = (*request.keep, *request.drop, *((request.time,) if request.time else ()))
    return choose_group(known, request.target, y, aside)


def _judged(
    column: ColumnValues, request: PlanRequest, outcome: Outcome, group: GroupChoice | None
) -> Judged:
    if column.name == request.target:
        return Judged(Role.TARGET, "as requested")
    if column.name == request.time:
        return Judged(
            Role.TIME, "as requested; models learn from older rows and are tested on newer"
        )
    if group is not None and group.is_taken and column.name == group.column:
        return Judged(Role.GROUP, group.reason)
    if column.name in request.drop:
        return Judged(Role.DROPPED, "you drop it")
    if column.name in RESERVED:
        return Judged(Role.DROPPED, "this name is reserved")
    return role_of(column, outcome, kept=column.name in request.keep)


def _aside(column: ColumnValues, found: Judged) -> ColumnPlan:
    return ColumnPlan(
        name=column.name,
        role=found.role,
        reason=found.reason,
        values=len(column.counts),
        missing_share=column.missing_share,
        alone=found.alone,
    )


def _feature(
    column: ColumnValues, found: Judged, field: str, rule: DateRule | None = None
) -> ColumnPlan:
    if rule is not None:
        values = _date(column, rule)
    else:
        values = _category(column) if column.numbers is None else _number(column)
    return _aside(column, found).model_copy(
        update={
            "field": field,
            "title": title_of(column.name),
            "missing_words": column.found.words,
            **values,
        }
    )


def _date(column: ColumnValues, rule: DateRule) -> dict[str, object]:
    known = sorted(filter(None, spelled(column, rule)))
    return {"kind": ColumnKind.DATE, "date": rule, "example": known[len(known) // 2]}


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


def _time(known: dict[str, ColumnValues], request: PlanRequest) -> TimeColumn | None:
    if request.time is None:
        return None
    spelling = known[request.time].date_format
    if spelling is None:
        raise DatasetError(f"column {request.time} contains no dates or times")
    if known[request.time].missing_share > STRAY_SHARE:
        share = known[request.time].missing_share
        raise DatasetError(f"column {request.time}: {share:.0%} of the dates are missing")
    return TimeColumn(column=request.time, format=spelling)


def _days(column: ColumnValues, time: TimeColumn) -> tuple[str, str]:
    """Return the first and last plausible day; unreadable dates are rejected later."""
    read = (day[:_DAY] for text in column.counts if (day := _read(time, text)))
    days = sorted(day for day in read if limits.is_of_our_times(int(day[:_YEAR])))
    if not days:
        raise DatasetError(f"column {column.name}: the dates are out of range")
    return days[0], days[-1]


def _read(time: TimeColumn, text: str) -> str | None:
    try:
        return time.read(text)
    except ValueError:
        return None


def _repeated_rows(
    planned: Sequence[ColumnPlan],
    known: Mapping[str, ColumnValues],
    request: PlanRequest,
    *,
    grouped: bool,
) -> RepeatedRows:
    # Where rows almost repeat, columns look like leaks that are not.
    roles = (Role.FEATURE, Role.LEAK)
    features = [column.name for column in planned if column.role in roles]
    timed = request.time is not None
    return repeated_rows(known, features, request.target, grouped=grouped, timed=timed)


def _suggested_group(group: GroupChoice | None) -> Iterator[PlanWarning]:
    if group is not None and not group.is_taken:
        yield PlanWarning(
            code=WarningCode.GROUP,
            column=group.column,
            text=f"{group.reason}; if rows with the same value belong together, add: "
            f"--group {shlex.quote(group.column)}",
        )


def _warnings(
    cells: Cells,
    planned: Sequence[ColumnPlan],
    known: Mapping[str, ColumnValues],
    outcome: Outcome,
) -> Iterator[PlanWarning]:
    yield from value_warnings(planned, known, outcome)
    unnamed = [column.role for column in planned if not column.name]
    if (count := unnamed.count(Role.DROPPED)) > 0:
        yield PlanWarning(
            code=WarningCode.UNNAMED_COLUMN,
            text=f"{count} column{'s' * (count > 1)} without a name left out; to use one, name it "
            "in the header",
        )
    if cells.malformed:
        first = cells.malformed[0]
        yield PlanWarning(
            code=WarningCode.MALFORMED_ROWS,
            text=f"{len(cells.malformed)} rows cannot be read, the first on line {first.line}",
        )
    features = sum(column.role is Role.FEATURE for column in planned)
    if features > limits.FITTED_COLUMNS_MAXIMUM:
        yield PlanWarning(
            code=WarningCode.SAMPLE,
            text=f"the search for leaks and the baseline model use the "
            f"{limits.FITTED_COLUMNS_MAXIMUM} of {features:,} features most strongly related to "
            f"{outcome.column}; trained models use all of them",
        )
    if cells.sampled_from is not None:
        yield PlanWarning(
            code=WarningCode.SAMPLE,
            text=f"planned on {len(cells.lines):,} of {cells.sampled_from:,} rows, chosen at "
            "random; counts are those of the sample",
        )
