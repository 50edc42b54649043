"""Warnings of the table as a whole: its group, rows that cannot be read, columns, sampling."""

import shlex
from collections.abc import Iterator, Sequence

from modelfleet.drafting import limits
from modelfleet.drafting.groups import GroupChoice
from modelfleet.drafting.plan import ColumnPlan, PlanWarning, Role, WarningCode
from modelfleet.tables.reader import Cells


def suggested_group(group: GroupChoice | None) -> Iterator[PlanWarning]:
    """Suggest a group that is not taken by default."""
    if group is not None and not group.is_taken:
        yield PlanWarning(
            code=WarningCode.GROUP,
            column=group.column,
            text=f"{group.reason}; if rows with the same value belong together, add: "
            f"--group {shlex.quote(group.column)}",
        )


def table_warnings(
    cells: Cells, planned: Sequence[ColumnPlan], target: str
) -> Iterator[PlanWarning]:
    """Warn of what is not read or not used of a table."""
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
            text=_unread(len(cells.malformed), first.line),
        )
    features = sum(column.role is Role.FEATURE for column in planned)
    if features > limits.FITTED_COLUMNS_MAXIMUM:
        yield PlanWarning(
            code=WarningCode.SAMPLE,
            text=f"the search for leaks and the baseline model use the "
            f"{limits.FITTED_COLUMNS_MAXIMUM} of {features:,} features most strongly related to "
            f"{target}; trained models use all of them",
        )
    if cells.sampled_from is not None:
        yield PlanWarning(
            code=WarningCode.SAMPLE,
            text=f"planned on {len(cells.lines):,} of {cells.sampled_from:,} rows, chosen at "
            "random; counts are those of the sample",
        )


def _unread(rows: int, line: int) -> str:
    if rows == 1:
        return f"the row on line {line:,} cannot be read"
    return f"{rows:,} rows cannot be read, the first on line {line:,}"
