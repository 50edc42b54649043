"""Estimates what a plain model reaches on a table, to set the gate's limits."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from modelfleet.drafting.plan import ColumnPlan, TablePlan
from modelfleet.spec.features import Column
from modelfleet.spec.task import Metric, Task
from modelfleet.statistics.bootstrap import on_rows
from modelfleet.statistics.folds import divide
from modelfleet.statistics.metrics.class_measures import class_measures
from modelfleet.statistics.metrics.measures import r_squared, roc_auc
from modelfleet.tables.encode import RowEncoder

_FOLDS = 3
_ROWS = 10_000
_SEED = 0


def expect(plan: TablePlan, rows: pd.DataFrame) -> float:
    """ROC AUC, or R², of gradient boosting as it comes, by cross-validation.

    Of more than two classes it is the mean of each against all others.

    Parameters
    ----------
    plan
        The columns.
    rows
        The features and the target, as a data set holds them.
    """
    taken = rows.sample(_ROWS, random_state=_SEED) if len(rows) > _ROWS else rows
    y: NDArray[np.float64] = taken[plan.target.column].to_numpy(dtype=np.float64)
    classes = plan.task.has_classes
    model = HistGradientBoostingClassifier() if classes else HistGradientBoostingRegressor()
    encoder = RowEncoder(tuple(map(declared, plan.features)), len(plan.classes))
    pipeline = Pipeline([("encode", encoder), ("estimate", model)])
    method = "predict_proba" if classes else "predict"
    folds = divide(plan.task, y, _FOLDS, _SEED)
    with threadpool_limits(1):
        found = cross_val_predict(pipeline, taken, y, cv=folds, method=method)
    if plan.task is Task.MULTICLASS:
        present = np.unique(y, return_inverse=True)[1].astype(np.float64)
        return on_rows(class_measures(present, found)[Metric.ROC_AUC_OVR], y.size)
    if classes:
        return on_rows(roc_auc(y, found[:, 1]), y.size)
    return max(0.0, on_rows(r_squared(y, found), y.size))


def declared(column: ColumnPlan) -> Column:
    """A planned feature as a spec would declare it."""
    if column.kind is None or column.example is None:
        raise ValueError(f"{column.name} is not a feature")
    return Column(
        name=column.name,
        kind=column.kind,
        description=column.title,
        unit=column.unit,
        minimum=column.minimum,
        maximum=column.maximum,
        categories=column.categories,
        nullable=column.nullable,
        example=column.example,
    )
