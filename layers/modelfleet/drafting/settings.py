"""Spec settings that suit the table's size, classes, and signal."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from modelfleet.drafting.plan import ColumnPlan, TablePlan
from modelfleet.spec.data_limits import DataLimits, Limit
from modelfleet.spec.document import Frozen
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import Gate, Metric, Slices, Task

_TEST_SHARE = 0.2
# Classes rarer than this are measured by precision and recall, because ROC AUC hardly sees them.
_RARE = 0.1
_BINARY_METRICS = (
    *(Metric.ROC_AUC, Metric.PR_AUC, Metric.BRIER, Metric.LOG_LOSS, Metric.RECALL),
    *(Metric.PRECISION, Metric.PRECISION_AT_100, Metric.CALIBRATION_ERROR),
)
_CLASS_METRICS = (
    *(Metric.LOG_LOSS, Metric.ROC_AUC_OVR, Metric.ACCURACY, Metric.BALANCED_ACCURACY),
    *(Metric.F1_MACRO, Metric.BRIER, Metric.CALIBRATION_ERROR),
)
_REGRESSION_METRICS = (
    *(Metric.RMSE, Metric.MAE, Metric.MAPE, Metric.R2, Metric.INTERVAL_COVERAGE),
)
_MARGINS = (0.02, 0.15)
_CALIBRATION_ERRORS = ((2_000, 0.05), (400, 0.08), (0, 0.12))
_GROUPS_MAXIMUM = 6
_SLICES_MAXIMUM = 4
_GROUP_ROWS = Slices.model_fields["minimum_rows"].default
# A measure of the table itself that passes a limit gets so much room above it.
_ROOM = 0.1


class SpecSettings(Frozen):
    """The declarations of a spec that are no columns.

    `expected` is what a plain model reaches on the table, `generated` on generated rows. Limits
    rest on the lower of the two: the first version learns from generated rows, later ones do not.
    """

    metrics: tuple[Metric, ...]
    gate: Gate
    slices: Slices | None
    data_limits: DataLimits
    expected: float
    generated: float

    @property
    def attainable(self) -> float:
        """What a plain model reaches on either."""
        return min(self.expected, self.generated)


def settle(plan: TablePlan, rows: pd.DataFrame, expected: float, generated: float) -> SpecSettings:
    """Choose metrics, gate, groups and limits.

    Parameters
    ----------
    plan
        The columns.
    rows
        The features and the target, as a data set holds them.
    expected
        ROC AUC, or R², that a plain model reaches on this table.
    generated
        The same on rows that are generated in its place.
    """
    metrics, gate = _BY_TASK[plan.task]
    return SpecSettings(
        metrics=metrics,
        gate=gate(plan, min(expected, generated)),
        slices=_slices(plan, rows),
        data_limits=_data_limits(plan, rows),
        expected=round(expected, 4),
        generated=round(generated, 4),
    )


def _classifier_gate(plan: TablePlan, expected: float) -> Gate:
    """The minimum lies halfway between a coin and what is expected, the margin at chance."""
    tested = plan.rows * _TEST_SHARE
    share = plan.target.positive_share or 0.5
    error = _auc_error(expected, share * tested, (1 - share) * tested)
    calibration = next(limit for rows, limit in _CALIBRATION_ERRORS if tested >= rows)
    return Gate(
        primary=Metric.PR_AUC if share < _RARE else Metric.ROC_AUC,
        minimum={Metric.ROC_AUC: max(0.52, _hundredths(0.5 + (expected - 0.5) / 2))},
        maximum={Metric.BRIER: 0.25},
        margin=_margin(2 * error),
        calibration_error_maximum=calibration,
    )


def _class_gate(plan: TablePlan, expected: float) -> Gate:
    """The minimum as of two classes; the loss may be that of who knows how frequent each is."""
    tested = plan.rows * _TEST_SHARE
    entropy = -sum(share * math.log(share) for share in plan.target.shares)
    calibration = next(limit for rows, limit in _CALIBRATION_ERRORS if tested >= rows)
    return Gate(
        primary=Metric.LOG_LOSS,
        minimum={Metric.ROC_AUC_OVR: max(0.52, _hundredths(0.5 + (expected - 0.5) / 2))},
        maximum={Metric.LOG_LOSS: math.ceil(entropy * 100) / 100},
        # Losses vary about as much as they are large.
        margin=_margin(2 / math.sqrt(max(tested, 1))),
        relative_margin=True,
        calibration_error_maximum=calibration,
    )


def _regressor_gate(plan: TablePlan, expected: float) -> Gate:
    tested = plan.rows * _TEST_SHARE
    return Gate(
        primary=Metric.MAE,
        minimum={
            Metric.R2: max(0.02, _hundredths(expected / 2)),
            Metric.INTERVAL_COVERAGE: 0.65,
        },
        maximum={Metric.INTERVAL_COVERAGE: 0.95},
        # Absolute errors vary about as much as they are large.
        margin=_margin(2 / math.sqrt(max(tested, 1))),
        relative_margin=True,
    )


_BY_TASK = {
    Task.BINARY: (_BINARY_METRICS, _classifier_gate),
    Task.MULTICLASS: (_CLASS_METRICS, _class_gate),
    Task.REGRESSION: (_REGRESSION_METRICS, _regressor_gate),
}


def _auc_error(auc: float, positives: float, negatives: float) -> float:
    """Standard error of a ROC AUC (Hanley and McNeil 1982)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return math.sqrt(max(auc * (1 - auc) + spread, 0.0) / (positives * negatives))


def _margin(chance: float) -> float:
    low, high = _MARGINS
    return min(max(math.ceil(chance * 100) / 100, low), high)


def _hundredths(value: float) -> float:
    return math.floor(value * 100) / 100


def _slices(plan: TablePlan, rows: pd.DataFrame) -> Slices | None:
    """Groups that are large enough to be measured by themselves."""
    found: dict[str, tuple[float, ...]] = {}
    for column in plan.features:
        if len(found) < _SLICES_MAXIMUM and (edges := _groups(column, rows)) is not None:
            found[column.name] = edges
    if not found:
        return None
    if plan.task is Task.BINARY:
        return Slices(columns=found, metric=Metric.ROC_AUC, limit=0.5)
    if plan.classes:
        guess = math.ceil(math.log(len(plan.classes)) * 100) / 100
        return Slices(columns=found, metric=Metric.LOG_LOSS, limit=guess)
    return Slices(columns=found, metric=Metric.INTERVAL_COVERAGE, limit=0.35)


def _groups(column: ColumnPlan, rows: pd.DataFrame) -> tuple[float, ...] | None:
    """The edges between a column's groups, none for categories; `None` where it makes none."""
    needed = _GROUP_ROWS / _TEST_SHARE
    if column.kind is ColumnKind.CATEGORY:
        large = [count for count in rows[column.name].value_counts() if count >= needed]
        return () if column.categories and 1 < len(large) <= _GROUPS_MAXIMUM else None
    known = rows[column.name].dropna()
    if len(known) < 3 * needed:
        return None
    edges = _edges(np.quantile(known, [1 / 3, 2 / 3]).tolist(), float(known.min()))
    return edges or None


def _edges(thirds: Sequence[float], least: float) -> tuple[float, ...]:
    """Round numbers near the thirds; an edge at the least value would divide nothing."""
    return tuple(sorted({float(f"{edge:.2g}") for edge in thirds if float(f"{edge:.2g}") > least}))


def _data_limits(plan: TablePlan, rows: pd.DataFrame) -> DataLimits:
    """The usual limits, but for what this very table passes already."""
    usual = DataLimits()
    widened = {}
    for name, found in _measures(plan, rows):
        limit: Limit = getattr(usual, name)
        if limit.warn is not None and found > limit.warn:
            warn = min(1.0, _hundredths(found + _ROOM))
            fail = limit.fail if limit.fail is not None and limit.fail > warn else None
            widened[name] = Limit(warn=warn, fail=fail)
    return usual.model_copy(update=widened)


def _measures(plan: TablePlan, rows: pd.DataFrame) -> Iterator[tuple[str, float]]:
    features = [column.name for column in plan.features]
    yield "missing_share", max(column.missing_share for column in plan.features)
    yield "duplicate_share", float(rows.duplicated().mean())
    if plan.task.has_classes:
        labels = rows.groupby(features, dropna=False, sort=False)[plan.target.column]
        yield "conflict_share", float((labels.transform("nunique") > 1).mean())
        share = plan.target.positive_share or 0.5
        yield "majority_share", max(plan.target.shares or (share, 1 - share))
