"""Performance of a baseline model on a table, used to set the gate's limits."""

from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from modelfleet.drafting import limits
from modelfleet.drafting.plan import ColumnPlan, TablePlan
from modelfleet.spec.features import Column
from modelfleet.spec.task import Task
from modelfleet.statistics.folds import Keys, divide
from modelfleet.statistics.relations import relations, strongest
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.encode import RowEncoder
from modelfleet.tables.fold_keys import group_keys

Matrix = NDArray[np.float64]

_FOLDS = 3
_ROWS = 10_000
_SEED = 0
_MODELS = {
    "predict": HistGradientBoostingRegressor,
    "predict_proba": HistGradientBoostingClassifier,
}


def expect(plan: TablePlan, rows: pd.DataFrame) -> float:
    """Return the cross-validated ROC AUC, or R², of gradient boosting with default parameters.

    Rows of a group, and equal rows, are never on both sides of a fold.

    For multiclass targets, the one-vs-rest ROC AUC is averaged over the classes.

    Parameters
    ----------
    plan
        Plan of the table.
    rows
        Features, target, and group, as in a data set.
    """
    taken = rows.sample(_ROWS, random_state=_SEED) if len(rows) > _ROWS else rows
    y: NDArray[np.float64] = taken[plan.target.column].to_numpy(dtype=np.float64)
    columns = tuple(map(declared, plan.features))
    groups = group_keys(taken, [column.name for column in plan.features])
    return cross_validated(plan.task, columns, taken, y, groups, classes=len(plan.classes))


def cross_validated(
    task: Task,
    columns: tuple[Column, ...],
    rows: pd.DataFrame,
    y: NDArray[np.float64],
    groups: Keys | None,
    *,
    classes: int = 0,
    iterations: int = 100,
) -> float:
    """Return the cross-validated score of gradient boosting, 0 if it is negative.

    For wide tables, each fold uses the columns most strongly related to the target in its training
    rows.

    Parameters
    ----------
    task
        Task of the model; the score is its ROC AUC or R².
    columns, rows
        Features, as in a data set.
    y
        Target, shape (n,); indices of classes.
    groups
        Keys of the rows that stay in one fold, shape (n,), if any.
    classes
        Number of classes of a multiclass target; 0 for other targets.
    iterations
        Number of trees (per class).
    """
    statistics = STATISTICS[task]
    model = _MODELS[statistics.method](max_iter=iterations)
    steps = [
        ("encode", RowEncoder(columns, classes)),
        ("select", StrongestColumns(classes)),
        ("estimate", model),
    ]
    folds = divide(task, y, _FOLDS, _SEED, groups)
    with threadpool_limits(1):
        found = cross_val_predict(Pipeline(steps), rows, y, cv=folds, method=statistics.method)
    return max(0.0, statistics.power(y, statistics.scores(found)))


def declared(column: ColumnPlan) -> Column:
    """Return a planned feature as the spec will declare it."""
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
        date=column.date,
        unseen=column.unseen,
        nullable=column.nullable,
        example=column.example,
    )


class StrongestColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Selects the columns most strongly related to the target in the rows it is fitted on.

    As a step of a pipeline, it never sees the rows that are scored; selecting on all rows would
    give a wide table of noise a score far better than chance (Ambroise and McLachlan 2002,
    "Selection bias in gene extraction").

    Parameters
    ----------
    classes
        Number of classes of a multiclass target, which is given as indices; 0 for other targets.
    most
        Maximum number of columns to select.

    Attributes
    ----------
    places_ : ndarray
        Indices of the selected columns, ascending.
    """

    def __init__(self, classes: int = 0, most: int = limits.FITTED_COLUMNS_MAXIMUM) -> None:
        self.classes = classes
        self.most = most

    def fit(self, X: Matrix, y: Matrix) -> Self:
        """Choose columns; X has shape (n, columns), with NaN for missing values, y shape (n,)."""
        self.places_ = np.arange(X.shape[1])
        if X.shape[1] > self.most:
            self.places_ = strongest(relations(X, y, self.classes), self.places_, self.most)
        return self

    def transform(self, X: Matrix) -> Matrix:
        """Return the chosen columns, shape (n, at most `most`)."""
        return X[:, self.places_]
