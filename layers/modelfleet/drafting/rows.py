"""Typed rows of a planned table."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.dates import spelled
from modelfleet.drafting.plan import ColumnPlan, TablePlan
from modelfleet.drafting.target import outcomes, with_blank_class
from modelfleet.spec.features import GROUP, ColumnKind
from modelfleet.tables.reader import Cells


def typed_rows(cells: Cells, plan: TablePlan) -> pd.DataFrame:
    """Return the rows that have an outcome: float64 with NaN, objects with `None`.

    The target follows the features, and the group, in the column `GROUP`, the target.
    """
    cells = with_blank_class(cells, plan.target.column, plan.target.blank)
    columns = {
        name: ColumnValues.read(name, texts, plan.format.column(name))
        for name, texts in zip(cells.header, cells.columns, strict=True)
        if name
    }
    target = columns[plan.target.column]
    frame = pd.DataFrame(
        {column.name: _values(column, columns[column.name]) for column in plan.features}
    )
    frame[plan.target.column] = outcomes(target, plan.target)
    if plan.group is not None:
        frame[GROUP] = np.array(columns[plan.group].texts, dtype=object)
    has_outcome = np.array([text is not None for text in target.texts], dtype=bool)
    return frame[has_outcome & frame[plan.target.column].notna()].reset_index(drop=True)


def _values(column: ColumnPlan, found: ColumnValues) -> NDArray[Any]:
    if column.date is not None:
        return np.array(spelled(found, column.date), dtype=object)
    if column.kind is ColumnKind.CATEGORY:
        return np.array(found.texts, dtype=object)
    return found.values
