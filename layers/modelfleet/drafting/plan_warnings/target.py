"""Warnings of the target: columns that leak it, rare classes, and few rows."""

import shlex
from collections.abc import Iterator, Sequence

import numpy as np

from modelfleet.drafting import limits
from modelfleet.drafting.plan import Leak, PlanWarning, TargetPlan, WarningCode
from modelfleet.drafting.roles import Outcome
from modelfleet.drafting.tasks.by_task import DRAFTS
from modelfleet.drafting.tasks.task_draft import TEST_SHARE
from modelfleet.spec.words import folded
from modelfleet.tables.columns.words import NO, YES
from modelfleet.tables.table_format import ColumnFormat, Content


def leak_warnings(
    leak: Leak | None, kept: Sequence[str], outcome: Outcome
) -> Iterator[PlanWarning]:
    """Warn of columns that make a plain model suspiciously good; `kept` are kept in any case."""
    if leak is None:
        return
    measure, single = outcome.task.kind.power_measure, len(leak.columns) == 1
    names = "it" if single else listed(leak.columns)
    told = f"a plain model has {measure} {leak.score:.3f}, but {leak.without:.3f} without {names}"
    if leak.without > DRAFTS[outcome.task].leak_power:
        told = f"a plain model has {measure} {leak.without:.3f} even without {names}"
    elif leak.score <= leak.without:
        told = f"{listed(leak.columns)}: {leak.reasons[0]}"
    if left_out := [name for name in leak.columns if name not in kept]:
        options = " ".join(f"--keep {shlex.quote(name)}" for name in left_out)
        whose = "" if len(left_out) == len(leak.columns) else f"{listed(left_out)} "
        told += f"; {whose}left out; if known before {outcome.column}, insist: {options}"
    yield PlanWarning(code=WarningCode.LEAK, column=leak.columns[0] if single else None, text=told)


def class_warnings(target: TargetPlan, outcome: Outcome) -> Iterator[PlanWarning]:
    """Warn of classes that may be open cases, or have few rows, and of tables with few rows."""
    yield from _blank_class(target, outcome)
    yield from _perhaps_open(target, outcome)
    for label, names in target.merge.items():
        if any({*map(folded, (label, *names))} <= words for words in (YES, NO)):
            yield PlanWarning(
                code=WarningCode.SPELLINGS,
                column=target.column,
                text=f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} read as {label}",
            )
            continue
        yield PlanWarning(
            code=WarningCode.RARE_CLASSES,
            column=target.column,
            text=f"too few rows of {', '.join(names)}; merged into one class, {label}; to leave "
            "these rows out, add: --rare drop",
        )
    if target.exclude:
        yield PlanWarning(
            code=WarningCode.RARE_CLASSES,
            column=target.column,
            text=f"too few rows of {', '.join(target.exclude)}; these rows are left out, here and "
            "in every file that is loaded",
        )
    if (few := _fewest(target, outcome)) is not None:
        rows, of = few
        yield PlanWarning(
            code=WarningCode.FEW_ROWS,
            text=f"only {rows} rows{of}, of which about {round(rows * TEST_SHARE)} test a model; "
            "its metrics will have wide intervals",
        )


def _blank_class(target: TargetPlan, outcome: Outcome) -> Iterator[PlanWarning]:
    if target.blank is None:
        return
    rows = int((outcome.y == (target.labels or target.spellings).index(target.blank)).sum())
    other = next(name for name in target.spellings if name != target.blank)
    yield PlanWarning(
        code=WarningCode.TARGET_WORDS,
        column=target.column,
        text=f"blank cells ({rows:,} rows) are read as {target.blank}, because all others are "
        f"{other}; if they are open cases, the file has no outcome to learn from",
    )


def _perhaps_open(target: TargetPlan, outcome: Outcome) -> Iterator[PlanWarning]:
    """Warn of a class besides yes and no, which may mean that the outcome is not known yet."""
    others = [name for name in target.spellings if folded(name) not in YES | NO]
    yes, no = (any(folded(name) in words for name in target.spellings) for words in (YES, NO))
    if len(others) != 1 or not (yes and no):
        return
    (other,) = others
    rows = int((outcome.y == target.spellings.index(other)).sum())
    yield PlanWarning(
        code=WarningCode.TARGET_WORDS,
        column=target.column,
        text=f"{other} ({rows:,} rows) is a class besides yes and no; if it means that there is no "
        f"outcome yet, add: --missing {shlex.quote(f'{target.column}={other}')}",
    )


def _fewest(target: TargetPlan, outcome: Outcome) -> tuple[int, str] | None:
    """Return the number of rows, or of the rarest class with its name, if it is small."""
    if not target.spellings:
        return (outcome.y.size, "") if outcome.y.size < limits.FEW_ROWS else None
    counts = np.bincount(outcome.y.astype(np.int64), minlength=len(target.spellings))
    rarest = int(counts.argmin())
    if counts[rarest] >= limits.FEW_ROWS_OF_CLASS:
        return None
    return int(counts[rarest]), f" where {target.column} is {target.spellings[rarest]}"


def read_as_gaps(target: ColumnFormat) -> Iterator[PlanWarning]:
    """Warn of words read as a missing outcome, because one of them may be a class."""
    for word, count in target.missing.items():
        option = shlex.quote(f"{target.name}={word}")
        text = f"{word} ({count:,} rows) is read as missing"
        if target.content is Content.NUMBER:
            text += "; these rows are open cases; if it stands for a number, write that in the file"
        else:
            text += f"; if it is a class, add: --keep-word {option}"
        yield PlanWarning(code=WarningCode.TARGET_WORDS, column=target.name, text=text)


def listed(names: Sequence[str]) -> str:
    """Join names by commas, the last by `and`."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
