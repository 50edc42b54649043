"""Planning of a model from a table."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.columns import feature, plan_columns, unnamed_columns
from modelfleet.drafting.dates import DateChoice, choose_dates, date_rule, spelled
from modelfleet.drafting.expect import declared
from modelfleet.drafting.groups import GroupChoice, choose_group, requested_group
from modelfleet.drafting.leaks import DraftedTable, find_leak
from modelfleet.drafting.plan import (
    ColumnPlan,
    Leak,
    Role,
    TablePlan,
    TargetPlan,
    costliest_first,
)
from modelfleet.drafting.plan_warnings.repeated_rows import RepeatedRows, repeated_rows, row_groups
from modelfleet.drafting.plan_warnings.table import suggested_group, table_warnings
from modelfleet.drafting.plan_warnings.target import (
    class_warnings,
    leak_warnings,
    listed,
    read_as_gaps,
)
from modelfleet.drafting.plan_warnings.values import value_warnings
from modelfleet.drafting.roles import Judged, Outcome, role_of
from modelfleet.drafting.target import (
    blank_class,
    outcomes,
    plan_target,
    target_format,
    with_blank_class,
)
from modelfleet.drafting.tasks.rare import Handling
from modelfleet.spec.dates import DateRule
from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import DatasetError, TableError
from modelfleet.spec.features import RESERVED, Column, ColumnKind
from modelfleet.spec.model import Task
from modelfleet.spec.time_column import TimeColumn
from modelfleet.tables.columns.formats import Expected, Kind, RawColumn, find_formats
from modelfleet.tables.columns.numbers import STRAY_SHARE
from modelfleet.tables.date_parts import days_of, moments
from modelfleet.tables.files.layout import DELIMITERS
from modelfleet.tables.names import did_you_mean, match_names
from modelfleet.tables.reader import Cells
from modelfleet.tables.table_format import AS_FOUND, ColumnFormat, ReadOptions

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
    blank = blank_class(cells.columns[cells.header.index(request.target)])
    cells = with_blank_class(cells, request.target, blank)
    formats = _formats(cells, request)
    columns = {
        name: ColumnValues.read(name, texts, formats[name])
        for name, texts in zip(cells.header, cells.columns, strict=True)
        if name in formats
    }
    labelled = _labelled(columns[request.target])
    words_for_gaps = tuple(read_as_gaps(formats[request.target]))
    try:
        target = _target(columns[request.target].at(labelled), request)
    except DatasetError as error:
        # The missing rows or classes may be among the values read as missing.
        notes = (warning.text for warning in words_for_gaps)
        raise DatasetError("; ".join((str(error), *_rows_not_read(cells), *notes))) from error
    target = target.model_copy(update={"blank": blank})
    y = outcomes(columns[target.column], target)
    used = labelled & ~np.isnan(y)
    known, y = {name: column.at(used) for name, column in columns.items()}, y[used]
    group = _group(known, request, y)
    taken = group.column if group is not None and group.is_taken else None
    outcome = Outcome(target.column, target.task, y, row_groups(known, taken, target.column))
    judged = {name: _judged(column, request, outcome, group) for name, column in known.items()}
    leak = find_leak(_drafted(known, judged, target, outcome))
    judged |= _leaking(leak, judged, request.keep)
    named = plan_columns(known, judged, _dates(known, judged, request, outcome))
    planned = (*unnamed_columns(cells, used), *named)
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
                *words_for_gaps,
                *suggested_group(group),
                *repeated.warnings,
                *value_warnings(planned, known, outcome),
                *table_warnings(cells, planned, outcome.column),
            )
        ),
    )


def _rows_not_read(cells: Cells) -> Iterator[str]:
    """Yield why rows cannot be read, if most cannot."""
    if len(cells.malformed) > len(cells.lines):
        first = cells.malformed[0]
        yield (
            f"{len(cells.malformed):,} rows cannot be read, the first on line {first.line:,}: "
            f"{first.reasons[0]}"
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


def _require_names(header: Sequence[str], request: PlanRequest) -> None:
    asked = (request.target, request.time, request.group, *request.drop, *request.keep)
    if absent := [name for name in asked if name is not None and name not in header]:
        if len(header) == 1:
            raise DatasetError(
                f"no column {absent[0]}; the file has a single column, {header[0]}; "
                f"{_way_to_divide(header[0])}"
            )
        if any(map(_is_number, header)):
            raise DatasetError(
                f"no column {absent[0]}; the first line, {', '.join(header)}, contains numbers; a "
                "header with column names is required"
            )
        raise DatasetError(
            f"no column {absent[0]}; the columns are {', '.join(header)}"
            f"{did_you_mean(absent[0], header)}"
        )
    if twice := [name for name, count in Counter(filter(None, header)).items() if count > 1]:
        raise DatasetError(f"duplicate column {twice[0]}; rename or remove one of the two")
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


def _way_to_divide(name: str) -> str:
    """Return how to make several columns of one."""
    if any(mark in name for mark in DELIMITERS):
        return "each line is in quotes as a whole; remove the quotes around the lines"
    if " " in name:
        return "if blanks divide its columns, add: --delimiter space"
    return "if that is several, say what divides them with --delimiter"


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("-").isdecimal()


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
        [declared(feature(known[name], judged[name], name)) for name in others],
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
    columns = [declared(feature(known[name], judged[name], name)) for name in features]
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


def _time(known: dict[str, ColumnValues], request: PlanRequest) -> TimeColumn | None:
    if request.time is None:
        return None
    spelling, rule = known[request.time].date_format, date_rule(known[request.time])
    if spelling is None or (rule is not None and rule.is_clock):
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
