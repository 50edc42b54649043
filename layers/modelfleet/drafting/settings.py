"""Spec settings suited to the table's size, classes, and signal."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from modelfleet.drafting.plan import ColumnPlan, TablePlan
from modelfleet.drafting.tasks.by_task import DRAFTS
from modelfleet.drafting.tasks.task_draft import TEST_SHARE, hundredths
from modelfleet.spec.data_limits import DataLimits, Limit
from modelfleet.spec.document import Frozen
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import Gate, Metric, Slices

_GROUPS_MAXIMUM = 6
_SLICES_MAXIMUM = 4
_GROUP_ROWS = Slices.model_fields["minimum_rows"].default
# If a measure of the table exceeds a limit, the limit is raised to this much above it.
_ROOM = 0.1
_DUPLICATES = "duplicate_share"


class SpecSettings(Frozen):
    """Declarations of a spec other than its columns.

    `expected` is the score of a baseline model on the table, `generated` its score on generated
    rows. Limits use the lower of the two, because the first version is trained on generated rows
    and later ones are not.
    """

    metrics: tuple[Metric, ...]
    gate: Gate
    slices: Slices | None
    data_limits: DataLimits
    expected: float
    generated: float

    @property
    def attainable(self) -> float:
        """Lower of the two baseline scores."""
        return min(self.expected, self.generated)


def settle(plan: TablePlan, rows: pd.DataFrame, expected: float, generated: float) -> SpecSettings:
    """Choose metrics, gate, slices, and limits.

    Parameters
    ----------
    plan
        Plan of the table.
    rows
        Features and target, as in a data set.
    expected
        ROC AUC, or R², of a baseline model on this table.
    generated
        The same on generated rows.
    """
    draft = DRAFTS[plan.task]
    return SpecSettings(
        metrics=draft.metrics(plan.target),
        gate=draft.gate(plan, min(expected, generated)),
        slices=_slices(plan, rows),
        data_limits=_data_limits(plan, rows),
        expected=round(expected, 4),
        generated=round(generated, 4),
    )


def _slices(plan: TablePlan, rows: pd.DataFrame) -> Slices | None:
    """Return slices that are large enough for their own metrics."""
    found: dict[str, tuple[float, ...]] = {}
    for column in plan.features:
        if len(found) < _SLICES_MAXIMUM and (edges := _groups(column, rows)) is not None:
            found[column.name] = edges
    if not found:
        return None
    metric, limit = DRAFTS[plan.task].slices(plan)
    return Slices(columns=found, metric=metric, limit=limit)


def _groups(column: ColumnPlan, rows: pd.DataFrame) -> tuple[float, ...] | None:
    """Return the edges of a column's slices, `()` for categories, or `None` if it has no slices."""
    if column.kind is ColumnKind.DATE:
        return None
    needed = _GROUP_ROWS / TEST_SHARE
    if column.kind is ColumnKind.CATEGORY:
        large = [count for count in rows[column.name].value_counts() if count >= needed]
        return () if column.categories and 1 < len(large) <= _GROUPS_MAXIMUM else None
    known = rows[column.name].dropna()
    if len(known) < 3 * needed:
        return None
    edges = _edges(np.quantile(known, [1 / 3, 2 / 3]).tolist(), float(known.min()))
    return edges or None


def _edges(thirds: Sequence[float], least: float) -> tuple[float, ...]:
    """Round the terciles; an edge at the minimum would leave an empty slice."""
    return tuple(sorted({float(f"{edge:.2g}") for edge in thirds if float(f"{edge:.2g}") > least}))


def _data_limits(plan: TablePlan, rows: pd.DataFrame) -> DataLimits:
    """Return the default limits, raised where this table already exceeds them.

    The warning about duplicates stays, because they are a mistake more often than a property of
    the data; only a limit that would reject this very table is lifted.
    """
    usual = DataLimits()
    widened: dict[str, Limit] = {}
    for name, found in _measures(plan, rows):
        limit: Limit = getattr(usual, name)
        if name == _DUPLICATES:
            if limit.fail is not None and found > limit.fail:
                widened[name] = Limit(warn=limit.warn)
        elif limit.warn is not None and found > limit.warn:
            warn = min(1.0, hundredths(found + _ROOM))
            fail = limit.fail if limit.fail is not None and limit.fail > warn else None
            widened[name] = Limit(warn=warn, fail=fail)
    return usual.model_copy(update={**widened, "cleared": _cleared(plan)})


def _cleared(plan: TablePlan) -> tuple[str, ...]:
    """Return the planned features that a data check could take for a leak."""
    limit = DataLimits().leakage.warn
    return tuple(column.name for column in plan.features if limit and (column.alone or 0.0) > limit)


def _measures(plan: TablePlan, rows: pd.DataFrame) -> Iterator[tuple[str, float]]:
    features = [column.name for column in plan.features]
    yield "missing_share", max(column.missing_share for column in plan.features)
    yield _DUPLICATES, float(rows[[*features, plan.target.column]].duplicated().mean())
    if plan.target.spellings:
        labels = rows.groupby(features, dropna=False, sort=False)[plan.target.column]
        yield "conflict_share", float((labels.transform("nunique") > 1).mean())
        share = plan.target.positive_share or 0.5
        yield "majority_share", max(plan.target.shares or (share, 1 - share))
