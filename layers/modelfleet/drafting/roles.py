"""Roles of all columns other than the target and the time."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.identifiers import identity
from modelfleet.drafting.names import words
from modelfleet.drafting.personal_data import personal_data
from modelfleet.drafting.plan import Role
from modelfleet.drafting.tasks.by_task import DRAFTS
from modelfleet.spec.model import Task
from modelfleet.statistics.leakage import predictive_power
from modelfleet.tables.columns.composites import are_durations, are_pairs
from modelfleet.tables.columns.dates import several_formats
from modelfleet.tables.columns.formats import on_two_scales
from modelfleet.tables.columns.numbers import Evidence, gather

# Names that always indicate a time after the outcome.
_LATER = re.compile(
    r"\b(days listed|days on market|sold (date|on|at)|sale date|closed (date|at|on)|close date"
    r"|cancel(l?ed|l?ation) (date|at|on|reason)|churn(ed)? (date|reason|category|score)"
    r"|exit (date|reason)|end date|termination (date|reason)|date of death|resolved (at|on|date)"
    r"|chargeback (date|amount)|refund (date|amount)|default date|payoff date"
    r"|settlement (date|amount)|recover(y|ies)|predict(ed|ion)|post outcome)\b"
)
# Names that may indicate it; only trusted if the column predicts the outcome well.
_PERHAPS_LATER = re.compile(
    r"\b(duration|final|outcome|result|status|resolution|total paid|total rec|last payment"
    r"|closing|actual)\b"
)
_SHORT = 3
# Shares of values with a unit, and with each one, in a column of several units.
_UNITS_SHARE, _UNIT_SHARE, _UNITS_MAXIMUM = 0.5, 0.02, 6

Told = tuple[Role, str]


@dataclass(frozen=True)
class Outcome:
    """Name, task, and numeric values of the target; `y` has shape (rows,).

    `groups` has the group of each row, shape (rows,); by default, every row is its own.
    """

    column: str
    task: Task
    y: NDArray[np.float64]
    groups: NDArray[np.generic] | None = None


@dataclass(frozen=True)
class Judged:
    """Role of a column, the reason, and its predictive power if measured."""

    role: Role
    reason: str
    alone: float | None = None


def role_of(column: ColumnValues, outcome: Outcome, *, kept: bool) -> Judged:
    """Decide the role of a column; leaks are found later, among all features.

    Parameters
    ----------
    column
        Values in the rows that have an outcome.
    outcome
        Target in the same rows.
    kept
        Whether the user asked for it as a feature; then only unusable columns are left out.
    """
    for role, reason in _plain_reasons(column):
        if role is Role.DATE:
            return _date(column, outcome, kept=kept)
        if not kept or role is Role.EMPTY:
            return Judged(role, reason)
    alone = predictive_power(column.values, outcome.y, outcome.task, outcome.groups)
    if not kept:
        for role, reason in _later_reasons(column, outcome, alone):
            return Judged(role, reason, alone)
    if (text := _text(column, kept=kept)) is not None:
        return Judged(Role.TEXT, text, alone)
    return Judged(Role.FEATURE, "you keep it" if kept else _kind(column), alone)


def _date(column: ColumnValues, outcome: Outcome, *, kept: bool) -> Judged:
    """Judge a date by leakage; `choose_dates` decides whether its parts are features."""
    days = np.array([_day(text) for text in column.texts])
    alone = predictive_power(days, outcome.y, outcome.task, outcome.groups)
    if not kept:
        for role, reason in _later_reasons(column, outcome, alone):
            return Judged(role, reason, alone)
    return Judged(Role.DATE, "some of its times have a time zone and others do not", alone)


def _day(text: str | None) -> float:
    try:
        return float(datetime.fromisoformat(text or "").toordinal())
    except ValueError:
        return math.nan


def _plain_reasons(column: ColumnValues) -> Iterator[Told]:
    """Yield the roles suggested by the column's values and name."""
    if column.known == 0 or column.missing_share > limits.EMPTY_SHARE:
        yield Role.EMPTY, f"{column.missing_share:.1%} of its values are missing"
        return
    if (constant := _constant(column)) is not None:
        yield Role.CONSTANT, constant
    if (personal := personal_data(column)) is not None:
        yield Role.PERSONAL, personal
    if column.date_format is not None:
        yield Role.DATE, "a date"
        return
    if (told := _composite(column) or _free_text(column)) is not None:
        yield Role.TEXT, told
        return
    if (units := _several_units(column)) is not None:
        yield Role.TEXT, units
    elif words_among_numbers(column) is None and (told := identity(column)) is not None:
        yield Role.IDENTIFIER, told


def _constant(column: ColumnValues) -> str | None:
    often = column.counts.most_common(1)[0][1]
    rest = column.known - often
    if rest > max(limits.CONSTANT_ROWS, (1 - limits.CONSTANT_SHARE) * column.known):
        return None
    if column.missing_share > limits.CONSTANT_GAPS:
        # Of a flag, files often have only one of the two values.
        return None
    same = "it never varies" if not rest else f"the same value in all but {_rows(rest)}"
    return f"{same}, where it is known" if column.missing_share else same


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def _composite(column: ColumnValues) -> str | None:
    """Return why many texts of numbers are no category, and what to write instead."""
    if column.numbers is not None or len(column.counts) <= limits.CLOSED_CATEGORIES_MAXIMUM:
        return None
    texts = list(column.counts)
    if formats := several_formats(texts):
        shown = " and ".join(formats)
        return f"dates in several formats, such as {shown}; write all of them in one"
    if are_durations(texts):
        return f"durations, such as {texts[0]}; write them as a number, such as minutes"
    if column.distinct_share >= limits.MOSTLY_UNIQUE_SHARE and are_pairs(texts):
        return f"two numbers in each value, such as {texts[0]}; write them in two columns"
    return None


def _free_text(column: ColumnValues) -> str | None:
    """Return why texts are sentences, which models of tables cannot read."""
    if column.numbers is not None or column.distinct_share < limits.MOSTLY_UNIQUE_SHARE:
        return None
    lengths = [len(text.split()) for text in islice(column.counts, limits.VALUES_LOOKED_AT)]
    if np.median(lengths) < limits.SENTENCE_WORDS:
        return None
    return f"free text: {column.distinct_share:.0%} of its values are unique"


def _later_reasons(column: ColumnValues, outcome: Outcome, alone: float) -> Iterator[Told]:
    """Yield the roles suggested by a name together with predictive power."""
    name, measure = " ".join(words(column.name)), outcome.task.kind.power_measure
    if _LATER.search(name):
        yield Role.AFTERWARDS, "its name says that it is known only after the outcome"
    tells = alone >= DRAFTS[outcome.task].suspicious_power
    if tells and (_PERHAPS_LATER.search(name) or _speaks_of(name, outcome.column)):
        yield (
            Role.AFTERWARDS,
            f"its name suggests a time after the outcome, which it predicts on its own "
            f"({measure} {alone:.2f})",
        )


def _speaks_of(name: str, target: str) -> bool:
    """Return whether the name contains the words of the target's name."""
    own = [word for word in words(target) if len(word) > _SHORT]
    return bool(own) and all(word in name.split() for word in own)


def _text(column: ColumnValues, *, kept: bool) -> str | None:
    """Return why a text column is not a category; `None` if it is one, or is numeric."""
    if column.numbers is not None or len(column.counts) <= limits.CLOSED_CATEGORIES_MAXIMUM:
        return None
    if not kept and (words := words_among_numbers(column)) is not None:
        return words
    if not kept and column.distinct_share >= limits.MOSTLY_UNIQUE_SHARE:
        return f"text: {column.distinct_share:.0%} of its values are unique"
    longest = max(map(len, column.counts))
    if longest > limits.TEXT_LENGTH_MAXIMUM:
        return (
            f"text of up to {longest:,} characters; a category has at most "
            f"{limits.TEXT_LENGTH_MAXIMUM}"
        )
    return None


def words_among_numbers(column: ColumnValues) -> str | None:
    """Describe a text column of numbers and a few words that may mean missing, else `None`."""
    if column.numbers is not None or not _has_numbers(column):
        return None
    found = column.evidence
    words = found.known - found.numbers
    if found.codes or found.numbers < limits.MOSTLY_NUMBERS_SHARE * found.known:
        return None
    if sum(count for _, count in found.strays) < limits.FEW_WORDS_SHARE * words:
        # Tickets and article numbers, some of which have no letters.
        return None
    return f"{found.numbers:,} of {found.known:,} are numbers; {_strays(column)}"


def _several_units(column: ColumnValues) -> str | None:
    """Describe a text column of numbers in different units, else `None`."""
    if column.numbers is not None or len(column.counts) <= limits.CLOSED_CATEGORIES_MAXIMUM:
        return None
    found = gather(dict(islice(column.counts.items(), limits.VALUES_LOOKED_AT)))
    if found.scales:
        return on_two_scales(found)
    if sum(count for _, count in _units(found)) < _UNITS_SHARE * column.known:
        return None
    units = _units(column.evidence)
    often = [unit for unit, count in units if count >= _UNIT_SHARE * column.known]
    if not 1 < len(often) <= _UNITS_MAXIMUM:
        return None
    shown = ", ".join(f"{unit} {count:,}" for unit, count in units[:_UNITS_MAXIMUM])
    return f"numbers in several units: {shown}; convert them to one"


def _units(evidence: Evidence) -> tuple[tuple[str, int], ...]:
    """Return the units of a text column, and its numbers without one beside them."""
    if evidence.unit is not None or not evidence.units or not evidence.numbers:
        return evidence.units
    return (*evidence.units, ("none", evidence.numbers))


def _has_numbers(column: ColumnValues) -> bool:
    """Return whether there are numbers among the first texts; parsing millions would take long."""
    first = dict(islice(column.counts.items(), limits.VALUES_LOOKED_AT))
    return gather(first).numbers > 0


def _strays(column: ColumnValues) -> str:
    """List the most frequent words among numbers, with the rows of each."""
    found = column.evidence
    others = found.known - found.numbers - sum(count for _, count in found.strays)
    listed = ", ".join(f"{text} {count:,}" for text, count in found.strays)
    return f"{listed}, others {others:,}" if others else listed


def _kind(column: ColumnValues) -> str:
    if column.numbers is None:
        return f"{len(column.counts)} categories"
    if column.stray:
        rows = _rows(column.stray)
        return f"numbers, except in {rows}, which will be rejected: {_strays(column)}"
    return "numbers"
