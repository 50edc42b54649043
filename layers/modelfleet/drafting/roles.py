"""Roles of all columns other than the target and the time."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.names import words
from modelfleet.drafting.personal_data import personal_data
from modelfleet.drafting.plan import Role
from modelfleet.drafting.tasks.by_task import DRAFTS
from modelfleet.spec.model import Task
from modelfleet.statistics.leakage import predictive_power

_IDENTIFIER_WORDS = frozenset(
    {"id", "ids", "uuid", "guid", "key", "number", "no", "nr", "num", "code", "index", "rownumber"}
)
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

Told = tuple[Role, str]


@dataclass(frozen=True)
class Outcome:
    """Name, task, and numeric values of the target; `y` has shape (rows,)."""

    column: str
    task: Task
    y: NDArray[np.float64]


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
        if not kept or role in (Role.EMPTY, Role.TEXT, Role.DATE):
            return Judged(role, reason)
    alone = predictive_power(column.values, outcome.y, outcome.task)
    if not kept:
        for role, reason in _later_reasons(column, outcome, alone):
            return Judged(role, reason, alone)
    if (text := _text(column)) is not None:
        return Judged(Role.TEXT, text, alone)
    return Judged(Role.FEATURE, "you keep it" if kept else _kind(column), alone)


def _plain_reasons(column: ColumnValues) -> Iterator[Told]:
    """Yield the roles suggested by the column's values and name."""
    if column.known == 0 or column.missing_share > limits.EMPTY_SHARE:
        yield Role.EMPTY, f"{column.missing_share:.1%} of its values are missing"
        return
    often = column.counts.most_common(1)[0][1]
    if column.missing_share == 0 and often >= limits.CONSTANT_SHARE * column.known:
        rest = column.known - often
        yield Role.CONSTANT, "it never varies" if not rest else f"it varies in {rest} rows alone"
    if (personal := personal_data(column)) is not None:
        yield Role.PERSONAL, personal
    if column.date_format is not None:
        yield Role.DATE, "a date; models see numbers and categories. --time splits rows by it"
        return
    if (identity := _identifier(column)) is not None:
        yield Role.IDENTIFIER, identity


def _identifier(column: ColumnValues) -> str | None:
    share = column.distinct_share
    named = bool(_IDENTIFIER_WORDS.intersection(words(column.name)))
    if column.numbers is None:
        if share >= limits.UNIQUE_SHARE:
            return f"{share:.0%} of its values are unique"
        return _by_name(share) if named and share >= limits.NAMED_IDENTIFIER_SHARE else None
    whole = column.numbers[~np.isnan(column.numbers)]
    if not np.array_equal(whole, np.rint(whole)):
        return None
    if named and share >= limits.NAMED_IDENTIFIER_SHARE:
        return _by_name(share)
    counted = np.sort(whole)
    if share == 1.0 and np.array_equal(counted, np.arange(counted[0], counted[0] + counted.size)):
        return "it counts the rows"
    return None


def _by_name(share: float) -> str:
    return f"its name says so, and {share:.0%} of its values are unique"


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


def _text(column: ColumnValues) -> str | None:
    """Return why a text column is not a category; `None` if it is one, or is numeric."""
    if column.numbers is not None or len(column.counts) <= limits.CLOSED_CATEGORIES_MAXIMUM:
        return None
    if (words := words_among_numbers(column)) is not None:
        return words
    if column.distinct_share >= limits.MOSTLY_UNIQUE_SHARE:
        return f"texts, of which {column.distinct_share:.0%} are unique"
    longest = max(map(len, column.counts))
    if longest > limits.TEXT_LENGTH_MAXIMUM:
        return f"texts of up to {longest} characters; a category has {limits.TEXT_LENGTH_MAXIMUM}"
    return None


def words_among_numbers(column: ColumnValues) -> str | None:
    """Describe a column that is numeric except for words that may mean missing, else `None`."""
    found = column.evidence
    if found.codes or found.numbers < limits.MOSTLY_NUMBERS_SHARE * found.known:
        return None
    words = ", ".join(f"{text} {count:,}" for text, count in found.strays)
    return f"{found.numbers:,} of {found.known:,} are numbers; {words}"


def missing_options(column: ColumnValues) -> str:
    """Return the options that declare the words in a numeric column as missing values."""
    words = (shlex.quote(f"{column.name}={text}") for text, _ in column.evidence.strays)
    return " ".join(f"--missing {word}" for word in words)


def _kind(column: ColumnValues) -> str:
    if column.numbers is None:
        return f"{len(column.counts)} categories"
    if column.stray:
        words = ", ".join(f"{text} {count:,}" for text, count in column.evidence.strays)
        return f"numbers, but for {column.stray} values whose rows will be set aside: {words}"
    return "numbers"
