"""Warnings about values of a plan's columns: sentinels, words for missing values, spellings."""

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.dates import spelled
from modelfleet.drafting.plan import ColumnPlan, PlanWarning, Role, WarningCode
from modelfleet.drafting.plan_warnings.sentinels import Sentinel, sentinels
from modelfleet.drafting.roles import Outcome, words_among_numbers
from modelfleet.spec.features import ColumnKind

_LISTED = 5
_NUMBER = "{:.10g}".format


def value_warnings(
    planned: Sequence[ColumnPlan], known: Mapping[str, ColumnValues], outcome: Outcome
) -> Iterator[PlanWarning]:
    """Warn of values that may not mean what they say, in columns that are used.

    Parameters
    ----------
    planned
        The plan's columns.
    known
        Values of each named column, in rows with an outcome.
    outcome
        The target.
    """
    yield from _sentinel_warnings(planned, known, outcome)
    yield from _reading_warnings(planned, known)


def _sentinel_warnings(
    planned: Sequence[ColumnPlan], known: Mapping[str, ColumnValues], outcome: Outcome
) -> Iterator[PlanWarning]:
    """Warn of numbers that may stand for a missing value, the most frequent first."""
    measured = outcome.task.kind.numeric_text
    roles = (Role.FEATURE, Role.TARGET) if measured else (Role.FEATURE,)
    found: list[tuple[float, PlanWarning]] = []
    for column in planned:
        values, told = _measured(column, known) if column.role in roles else (None, None)
        if values is None or told is None:
            continue
        numbers = values[~np.isnan(values)]
        codes, ends = sentinels(numbers)
        if not codes:
            continue
        share = sum(code.rows for code in codes) / numbers.size
        found.append((-share, _sentinel_warning(column.name, codes, ends, numbers.size, told)))
    yield from (warning for _, warning in sorted(found, key=lambda each: each[0]))


def _measured(
    column: ColumnPlan, known: Mapping[str, ColumnValues]
) -> tuple[NDArray[np.float64] | None, Callable[[float], str] | None]:
    """Return a column as numbers, a date as its days, and how to write one of them."""
    found, rule = known[column.name], column.date
    if rule is None:
        return found.numbers, _NUMBER
    if rule.is_clock:
        return None, None
    texts = spelled(found, rule)
    days = np.array([np.nan if text is None else rule.days(text) for text in texts])
    written = dict(zip(days.tolist(), found.texts, strict=True))
    return days, lambda day: str(written[day])


def _sentinel_warning(
    column: str,
    codes: Sequence[Sentinel],
    ends: tuple[float, float],
    known: int,
    told: Callable[[float], str],
) -> PlanWarning:
    listed = " and ".join(
        f"{told(code.value)} ({code.rows:,} rows, {code.rows / known:.1%})" for code in codes
    )
    low, high = (f"{end:,g}" if told == _NUMBER else told(end) for end in ends)
    apart, means = ("is", "it means") if len(codes) == 1 else ("are", "they mean")
    return PlanWarning(
        code=WarningCode.SENTINEL,
        column=column,
        text=f"{listed} {apart} far from the other values, {low} to {high}; if "
        f"{means} that the value is missing, add: "
        + missing_options(column, (told(code.value) for code in codes)),
    )


def _reading_warnings(
    planned: Sequence[ColumnPlan], known: Mapping[str, ColumnValues]
) -> Iterator[PlanWarning]:
    """Warn of values read as missing, or merged, in columns that are used."""
    for column in sorted(planned, key=lambda column: _cost(column, known)):
        if column.role not in (Role.TEXT, Role.FEATURE):
            continue
        values = known[column.name]
        if values.stray or _may_be_missing(column, values):
            yield _words_among_numbers(column, values)
        if column.role is not Role.FEATURE:
            continue
        if values.found.remark is not None:
            yield PlanWarning(
                code=WarningCode.MISSING_WORDS, column=column.name, text=values.found.remark
            )
        if values.variants or values.padded:
            yield _spellings(values)


def _cost(column: ColumnPlan, known: Mapping[str, ColumnValues]) -> tuple[bool, int]:
    """Sort key: a word that may be a category costs more than a gap among numbers."""
    found = known[column.name].found if column.name in known else None
    return column.kind is not ColumnKind.CATEGORY, -sum(found.missing.values()) if found else 0


def _may_be_missing(column: ColumnPlan, values: ColumnValues) -> bool:
    """Return whether words among numbers may stand for a missing value.

    Of a category such as 0, 1, 2, and 3+, they are the open end.
    """
    if words_among_numbers(values) is None:
        return False
    open_ended = all(any(map(str.isdigit, text)) for text, _ in values.evidence.strays)
    return column.kind is not ColumnKind.CATEGORY or not open_ended


def _words_among_numbers(column: ColumnPlan, values: ColumnValues) -> PlanWarning:
    words = (text for text, _ in values.evidence.strays)
    return PlanWarning(
        code=WarningCode.WORDS_AMONG_NUMBERS,
        column=column.name,
        text=f"{words_among_numbers(values) or column.reason}; if these words stand for a missing "
        "value, add: " + missing_options(column.name, words),
    )


def _spellings(values: ColumnValues) -> PlanWarning:
    """Warn of spellings that are read as a more frequent one, and of blanks around values."""
    variants, padded = values.variants, "blanks around values are not read"
    listed = ", ".join(f"{text} ({rows:,})" for text, rows in islice(variants.items(), _LISTED))
    more = f" and {len(variants) - _LISTED:,} more" if len(variants) > _LISTED else ""
    return PlanWarning(
        code=WarningCode.SPELLINGS,
        column=values.name,
        text="; ".join(
            [
                f"spellings that differ only in case or blanks are read as the same value: {listed}"
                f"{more}"
            ]
            * bool(variants)
            + [padded] * values.padded
        ),
    )


def missing_options(column: str, words: Iterable[str]) -> str:
    """Return the options that declare words in a column as missing values."""
    return " ".join(f"--missing {shlex.quote(f'{column}={word}')}" for word in words)
