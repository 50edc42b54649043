"""The plan of a new model as lines and table rows."""

from typing import TYPE_CHECKING

from modelfleet.datasets.manifest import unused_rows
from modelfleet.spec.features import ColumnKind

if TYPE_CHECKING:
    # Imports pandas and scikit-learn, which the command loads later.
    from cli.drafting.draft import ModelDraft
    from modelfleet.drafting.plan import ColumnPlan, TablePlan

_NONE = "-"
_CATEGORIES_SHOWN = 4


def column_headings(plan: "TablePlan") -> tuple[str, ...]:
    """Return the headings of the table of columns."""
    alone = f"{plan.task.kind.power_measure} alone"
    return ("column", "role", "type", "values", "missing", alone, "reason")


def column_row(column: "ColumnPlan") -> tuple[str, ...]:
    """Format a column and its role."""
    role = f"left out: {column.role}" if column.role.is_left_out else str(column.role)
    if column.alias is not None and column.field is not None:
        role += f" {column.field}"
    return (
        column.name,
        role,
        str(column.kind) if column.kind else _NONE,
        _values(column),
        f"{column.missing_share:.1%}" if column.missing_share else _NONE,
        f"{column.alone:.2f}" if column.alone is not None else _NONE,
        column.reason,
    )


def plan_lines(plan: "TablePlan") -> list[str]:
    """Format the target, the rows, how the file was read, and the warnings."""
    share = plan.target.positive_share
    unused = unused_rows(plan.rows_without, plan.rows_excluded)
    lines = [
        f"target   {plan.target.column}: {plan.target.reason}"
        + ("" if share is None else f"; {share:.1%} of the rows"),
        f"rows     {', '.join(filter(None, (f'{plan.rows:,} with an outcome', unused)))}",
        f"columns  {len(plan.features)} features, "
        f"{sum(column.role.is_left_out for column in plan.columns)} left out",
    ]
    lines += [f"file     {plan.format.told}"]
    used = {column.name for column in plan.columns if not column.role.is_left_out}
    lines += [
        f"reading  {column.name}: {column.told}"
        for column in plan.format.columns
        if column.name in used and column.is_particular
    ]
    return lines + [f"warning  {warning}" for warning in plan.warnings]


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
    if column.kind is not ColumnKind.CATEGORY:
        return f"{column.minimum:,g} to {column.maximum:,g} {column.unit or ''}".rstrip()
    if not column.categories:
        return f"any of {column.values:,} or more"
    shown = ", ".join(column.categories[:_CATEGORIES_SHOWN])
    return f"{shown}, …" if len(column.categories) > _CATEGORIES_SHOWN else shown
