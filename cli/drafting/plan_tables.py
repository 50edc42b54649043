"""The plan of a new model as lines and table rows."""

from itertools import groupby
from typing import TYPE_CHECKING

from modelfleet.datasets.manifest import unused_rows
from modelfleet.spec.features import ColumnKind

if TYPE_CHECKING:
    # Imports pandas and scikit-learn, which the command loads later.
    from cli.drafting.draft import ModelDraft
    from modelfleet.drafting.plan import ColumnPlan, PlanWarning, TablePlan

Fact = tuple[str, str]
"""A label, and what there is to say about it."""

LEFT_OUT = ("left out", "role", "reason")

_NONE = "-"
_CATEGORIES_SHOWN = 4
# Warnings of one kind that are shown; the others are only counted.
_WARNINGS_SHOWN = 3
_COLUMNS_NAMED = 5


def facts(plan: "TablePlan") -> list[Fact]:
    """Describe the target, the rows, how they are split, and the file."""
    share = plan.target.positive_share
    unused = unused_rows(plan.rows_without, plan.rows_excluded)
    found = [
        (
            "target",
            f"{plan.target.column}: {plan.target.reason}"
            + ("" if share is None else f"; {share:.1%} of the rows"),
        ),
        (
            "rows",
            ", ".join(filter(None, (f"{plan.rows:,} with an outcome", unused)))
            + (f"; {plan.rows_repeated:,} repeat another one" if plan.rows_repeated else ""),
        ),
    ]
    if plan.time is not None and plan.days is not None:
        found.append(("time", f"{plan.time.column}: {' to '.join(plan.days)}"))
    found += [
        ("group", f"{each.name}: {each.reason}") for each in plan.columns if each.name == plan.group
    ]
    return [*found, ("file", plan.format.told)]


def warnings(plan: "TablePlan") -> list[Fact]:
    """List what the user should decide, the costliest first and similar ones in short."""
    lines: list[str] = []
    for _, alike in groupby(plan.warnings, key=lambda warning: warning.code):
        first, rest = _split(list(alike))
        lines += [warning.line for warning in first]
        if rest:
            names = [warning.column or "the table" for warning in rest]
            more = ", …" if len(names) > _COLUMNS_NAMED else ""
            lines.append(
                f"the same in {len(names):,} more columns: "
                f"{', '.join(names[:_COLUMNS_NAMED])}{more}"
            )
    return [("warning", line) for line in lines]


def _split(alike: "list[PlanWarning]") -> "tuple[list[PlanWarning], list[PlanWarning]]":
    """Return the warnings to show, and the others; a single one is not worth hiding."""
    shown = len(alike) if len(alike) == _WARNINGS_SHOWN + 1 else _WARNINGS_SHOWN
    return alike[:shown], alike[shown:]


def left_out_rows(plan: "TablePlan") -> list[tuple[str, ...]]:
    """Format the columns that the model does not use."""
    return [
        (column.name or "(unnamed)", str(column.role), column.reason)
        for column in plan.columns
        if column.role.is_left_out
    ]


def feature_headings(plan: "TablePlan") -> tuple[str, ...]:
    """Return the headings of the table of features."""
    return ("feature", "values", "missing", f"{plan.task.kind.power_measure} alone", "reason")


def feature_rows(plan: "TablePlan") -> list[tuple[str, ...]]:
    """Format the columns that the model uses."""
    return [
        (
            column.name,
            _values(column),
            f"{column.missing_share:.1%}" if column.missing_share else _NONE,
            f"{column.alone:.2f}" if column.alone is not None else _NONE,
            f"{column.reason}; sensitive: encrypted in logs" if column.sensitive else column.reason,
        )
        for column in plan.features
    ]


def readings(plan: "TablePlan") -> list[Fact]:
    """Describe how the columns that are used were read, if it is unusual."""
    used = {column.name for column in plan.columns if not column.role.is_left_out}
    return [
        ("reading", f"{column.name}: {column.told}")
        for column in plan.format.columns
        if column.name in used and column.is_particular
    ]


def expected_line(made: "ModelDraft") -> str:
    """Format the score of a baseline model, and the gate's limit."""
    measure = made.plan.task.kind.power_measure
    limit = next(iter(made.settings.gate.minimum.values()))
    nothing = made.plan.task.kind.no_power
    told = (
        f"expected {measure} {made.settings.expected:.3f} for a baseline model; the gate requires "
        f"{limit:g}, and a first version that is significantly better than guessing ({nothing:g})"
    )
    if made.settings.attainable > limit:
        return told
    return f"{told}; a model of this table is likely to be blocked"


def _values(column: "ColumnPlan") -> str:
    if column.kind is None:
        return f"{column.values:,} value{'s' * (column.values != 1)}"
    if column.date is not None:
        return f"{column.date.noun}, such as {column.example}"
    if column.kind is not ColumnKind.CATEGORY:
        return f"{column.minimum:,g} to {column.maximum:,g} {column.unit or ''}".rstrip()
    if not column.categories:
        return f"any of {column.values:,} or more"
    shown = ", ".join(column.categories[:_CATEGORIES_SHOWN])
    return f"{shown}, …" if len(column.categories) > _CATEGORIES_SHOWN else shown
