"""Dates of a table: which of their parts help a model on held-out rows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.expect import cross_validated
from modelfleet.drafting.names import title_of
from modelfleet.drafting.plan import Role
from modelfleet.drafting.roles import Judged, Outcome
from modelfleet.spec.dates import DAY_PARTS, DatePart, DateRule
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.task import Task
from modelfleet.statistics.folds import Keys
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.date_parts import days_of, moments

_ISO_DAY = "%Y-%m-%d"
_ROWS = 3_000
_ITERATIONS = 50
_CLASS_ROWS = 5
_SEED = 0
# Gain of score that a date must bring, and that its parts together may lose; with few rows, chance
# alone brings more.
_GAIN, _GAIN_OF_A_ROW, _LOSS = 0.01, 0.5, 0.003
# Parts that are left out first if the others say the same: trees cannot extrapolate days, and finer
# parts need more rows.
_FIRST_LEFT_OUT = (
    *(DatePart.DAYS, DatePart.DAY_OF_YEAR, DatePart.DAY),
    *(DatePart.MONTH, DatePart.HOUR, DatePart.WEEKDAY),
)
# Rows are in the order of a date if so few steps go the other way.
_DISORDER, _STEPS = 0.01, 10


@dataclass(frozen=True)
class DateChoice:
    """Role of a date column, and its declaration if it is a feature."""

    judged: Judged
    rule: DateRule | None = None


def date_rule(column: ColumnValues) -> DateRule | None:
    """Return how a date column is spelled; `None` if only some of its times have a time zone."""
    moments = [moment for text in column.counts if (moment := _moment(text)) is not None]
    aware = {moment.tzinfo is not None for moment in moments}
    if len(aware) != 1:
        return None
    timed = any(moment.time() != time() for moment in moments) or True in aware
    written = column.date_format or _ISO_DAY
    rule = DateRule(
        timed=timed,
        aware=True in aware,
        parts=tuple(DatePart) if timed else DAY_PARTS,
        format=None if written.startswith(_ISO_DAY) else written,
    )
    if rule.is_clock:
        return rule.model_copy(update={"timed": True, "parts": (DatePart.HOUR,)})
    return rule


def spelled(column: ColumnValues, rule: DateRule) -> list[str | None]:
    """Return the dates as rows have them, `None` if missing or not a date; length n."""
    known = {text: _read(text, rule) for text in column.counts}
    return [None if text is None else known[text] for text in column.texts]


def choose_dates(
    dates: Mapping[str, tuple[Judged, DateRule]],
    others: Sequence[Column],
    values: Mapping[str, Sequence[object] | NDArray[np.generic]],
    outcome: Outcome,
    *,
    time_column: str | None,
    kept: Sequence[str],
) -> dict[str, DateChoice]:
    """Choose the parts of each date that improve a plain model, cross-validated on a sample.

    Parameters
    ----------
    dates
        Role and spelling of each date column.
    others
        The other features.
    values
        Values of the dates, as rows have them, and of the other features; length n each.
    outcome
        Target of the same rows.
    time_column
        Date by which rows are split; only its parts that recur are considered.
    kept
        Dates that the user asked for.
    """
    if not dates:
        return {}
    chosen, y = _sample(outcome)
    frame = pd.DataFrame(
        {
            name: np.asarray(each, dtype=None if _is_numeric(each) else object)[chosen]
            for name, each in values.items()
        }
    )
    groups = None if outcome.groups is None else outcome.groups[chosen]
    trial = _Trial(others, frame, outcome.task, y, groups)
    return {
        name: _choice(
            trial,
            _column(name, _offered(rule, values[name], is_time=name == time_column)),
            judged,
            kept=name in kept,
        )
        for name, (judged, rule) in dates.items()
    }


def _sample(outcome: Outcome) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the places of some rows, and their targets; classes are numbered without gaps."""
    chosen = np.random.default_rng(_SEED).permutation(outcome.y.size)[:_ROWS]
    y = outcome.y[chosen]
    if not STATISTICS[outcome.task].stratified:
        return chosen, y
    _, classes, counts = np.unique(y, return_inverse=True, return_counts=True)
    kept = counts[classes] >= _CLASS_ROWS
    return chosen[kept], np.unique(y[kept], return_inverse=True)[1].astype(np.float64)


class _Trial:
    """Scores of a plain model with and without a date."""

    def __init__(
        self,
        others: Sequence[Column],
        frame: pd.DataFrame,
        task: Task,
        y: NDArray[np.float64],
        groups: Keys | None,
    ) -> None:
        self._others = tuple(others)
        self._frame = frame
        self._task = task
        self._y = y
        self._groups = groups
        self.measure = task.kind.power_measure
        self.without = self._score(self._others)
        self.needed = max(_GAIN, _GAIN_OF_A_ROW / math.sqrt(max(y.size, 1)))

    def score(self, date: Column) -> float:
        """Return the score with a date."""
        return self._score((*self._others, date))

    def _score(self, columns: tuple[Column, ...]) -> float:
        nothing, classes = self._task.kind.no_power, np.unique(self._y).size
        if not columns or classes < 2:  # noqa: PLR2004 -- a target needs at least two values
            return nothing
        many = classes if self._task.kind.classes(tuple(map(str, range(classes)))) else 0
        found = cross_validated(
            *(self._task, columns, self._frame, self._y, self._groups),
            classes=many,
            iterations=_ITERATIONS,
        )
        return max(nothing, found)


def _choice(trial: _Trial, column: Column, judged: Judged, *, kept: bool) -> DateChoice:
    best = trial.score(column)
    gain = f"{trial.measure} {best:.2f} instead of {trial.without:.2f}"
    if best < trial.without + trial.needed:
        if judged.role is Role.TIME:
            return DateChoice(judged)
        if not kept:
            reason = f"a date, of which no part helps a model: {gain}"
            return DateChoice(Judged(Role.DATE, reason, judged.alone))
        return DateChoice(Judged(Role.FEATURE, f"you keep it: {gain}", judged.alone), column.date)
    needed = column
    for part in _FIRST_LEFT_OUT:
        fewer = _without(needed, part)
        if fewer is not None and trial.score(fewer) >= best - _LOSS:
            needed = fewer
    parts = needed.date.parts if needed.date else ()
    split = "rows are split by it, and its " if judged.role is Role.TIME else ""
    reason = f"{split}{_listed(parts)} help{'s' * (len(parts) == 1)}: {gain}"
    return DateChoice(Judged(Role.FEATURE, reason, judged.alone), needed.date)


def _without(column: Column, part: DatePart) -> Column | None:
    rule = column.date
    if rule is None or part not in rule.parts or len(rule.parts) == 1:
        return None
    parts = tuple(each for each in rule.parts if each is not part)
    return column.model_copy(update={"date": rule.model_copy(update={"parts": parts})})


def _offered(
    rule: DateRule, texts: Sequence[object] | NDArray[np.generic], *, is_time: bool
) -> DateRule:
    """Return the rule with the parts to consider.

    If rows are split by the date, test rows have days and months that no training row has. So will
    all rows to come, if the table is in the order of the date.
    """
    if is_time:
        parts = tuple(part for part in rule.parts if part.recurs)
    elif _is_clock(days_of(moments(texts))):
        parts = tuple(part for part in rule.parts if part is not DatePart.DAYS)
    else:
        parts = rule.parts
    return rule.model_copy(update={"parts": parts})


def _is_clock(days: NDArray[np.float64]) -> bool:
    steps = np.diff(days[~np.isnan(days)])
    up, down = int((steps > 0).sum()), int((steps < 0).sum())
    return up + down >= _STEPS and min(up, down) <= _DISORDER * (up + down)


def _column(name: str, rule: DateRule) -> Column:
    return Column(
        name=name,
        kind=ColumnKind.DATE,
        description=title_of(name),
        nullable=True,
        example=rule.example,
        date=rule,
    )


def _listed(parts: Sequence[DatePart]) -> str:
    *rest, last = (part.told for part in parts)
    return f"{', '.join(rest)} and {last}" if rest else last


def _is_numeric(values: object) -> bool:
    return isinstance(values, np.ndarray) and values.dtype != object


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _read(text: str, rule: DateRule) -> str | None:
    try:
        return rule.read(text)
    except ValueError:
        return None
