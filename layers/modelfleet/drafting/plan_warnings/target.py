"""Warnings of the target: columns that leak it, rare classes, and few rows."""

import shlex
from collections.abc import Iterator, Sequence

import numpy as np

from modelfleet.drafting import limits
from modelfleet.drafting.plan import Leak, PlanWarning, TargetPlan, WarningCode
from modelfleet.drafting.roles import Outcome
from modelfleet.drafting.tasks.by_task import DRAFTS
from modelfleet.drafting.tasks.task_draft import TEST_SHARE


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
    """Warn of classes that have too few rows, or few, and of tables with few rows."""
    for label, names in target.merge.items():
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


def _fewest(target: TargetPlan, outcome: Outcome) -> tuple[int, str] | None:
    """Return the number of rows, or of the rarest class with its name, if it is small."""
    if not target.spellings:
        return (outcome.y.size, "") if outcome.y.size < limits.FEW_ROWS else None
    counts = np.bincount(outcome.y.astype(np.int64), minlength=len(target.spellings))
    rarest = int(counts.argmin())
    if counts[rarest] >= limits.FEW_ROWS_OF_CLASS:
        return None
    return int(counts[rarest]), f" where {target.column} is {target.spellings[rarest]}"


def listed(names: Sequence[str]) -> str:
    """Join names by commas, the last by `and`."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
