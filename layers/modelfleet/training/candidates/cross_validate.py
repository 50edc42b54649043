"""Scores unfitted pipelines on the same folds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from modelfleet.evaluation.measure import measure_predicted
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.folds import divide, rarest
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.target import Values, outcomes
from modelfleet.training.fit import raw_scores

FOLDS = 5
# What tells two pipelines apart shows on this many rows; more would cost time in Lambda alone.
ROWS = 10_000
_FEWEST = 2

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class CrossValidation:
    """Training rows, divided into folds once for all pipelines that are scored on them.

    The measure is the gate's primary one. Scores are those before calibration, which no measure of
    ranking can see; the decision rule is chosen on each fold's own rows, for all pipelines alike.
    """

    spec: ModelSpec
    rows: pd.DataFrame
    y: Values
    folds: tuple[Fold, ...]

    @classmethod
    def of(cls, spec: ModelSpec, train: pd.DataFrame, seed: int) -> "CrossValidation | None":
        """Divide the training rows; of more than `ROWS`, a sample is used.

        `None` where fewer than two rows have an outcome, which leaves none to measure by.
        """
        rows = train.sample(ROWS, random_state=seed) if len(train) > ROWS else train
        y = outcomes(spec, rows)
        if spec.outcomes and rarest(y) < _FEWEST:
            return None
        return cls(spec, rows, y, tuple(divide(spec.task, y, FOLDS, seed).split(rows, y)))

    def scores(self, pipeline: Any) -> tuple[float, ...]:
        """The pipeline's score on each fold."""
        return tuple(self.score(pipeline, fold) for fold in self.folds)

    def score(self, pipeline: Any, fold: Fold) -> float:
        """Fit a copy of a pipeline on the other folds' rows, and measure it on this one's."""
        fitted_on, left_out = fold
        spec, y = self.spec, self.y
        rows = self.rows[[column.name for column in spec.features.columns()]]
        # One thread, as in the final fit: the sums come out the same at every retry.
        with threadpool_limits(1):
            fitted = clone(pipeline).fit(rows.iloc[fitted_on], y[fitted_on])
            predicted = raw_scores(spec.task, fitted, rows.iloc[left_out], len(spec.classes))
        rule = STATISTICS[spec.task].choose_rule(spec, y[left_out], predicted)
        return measure_predicted(spec, y[left_out], predicted, rule)[spec.gate.primary.value]
