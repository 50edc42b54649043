"""Cross-validation of pipelines on the same folds."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sklearn.base import clone
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from modelfleet.evaluation.measure import measure_predicted, primary_metric
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.folds import Fold, divide, rarest
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.fold_keys import fold_keys
from modelfleet.tables.target import Values, outcomes
from modelfleet.training.calibrate import raw_scores

FOLDS = 5
# Enough rows to compare pipelines; more would only cost time in Lambda.
ROWS = 10_000
_FEWEST = 2


@dataclass(frozen=True)
class CrossValidation:
    """Training rows with fixed folds, on which all pipelines are scored.

    The metric is the gate's primary one. Predictions are uncalibrated, which does not affect
    ranking metrics; the decision rule is chosen on the held-out rows of each fold, for all
    pipelines alike.
    """

    spec: ModelSpec
    rows: pd.DataFrame
    y: Values
    folds: tuple[Fold, ...]

    @classmethod
    def of(cls, spec: ModelSpec, train: pd.DataFrame, seed: int) -> "CrossValidation | None":
        """Split the training rows, or a sample of `ROWS` if there are more, into folds.

        `None` if an outcome occurs in fewer than two groups, too few to both fit and measure.
        """
        rows = train.sample(ROWS, random_state=seed) if len(train) > ROWS else train
        y = outcomes(spec, rows)
        keys = fold_keys(spec, rows)
        if spec.outcomes and rarest(y, keys.groups) < _FEWEST:
            return None
        return cls(spec, rows, y, divide(spec.task, y, FOLDS, seed, *keys))

    def scores(self, pipeline: Any) -> tuple[float, ...]:
        """Return the pipeline's score on each fold."""
        return tuple(self.score(pipeline, fold) for fold in self.folds)

    def score(self, pipeline: Any, fold: Fold) -> float:
        """Fit a clone of the pipeline on the other folds, and score it on this one."""
        fitted_on, left_out = fold
        spec, y = self.spec, self.y
        rows = self.rows[[column.name for column in spec.features.columns()]]
        # A single thread, as in the final fit, gives the same sums on every retry.
        with threadpool_limits(1):
            fitted = clone(pipeline).fit(rows.iloc[fitted_on], y[fitted_on])
            predicted = raw_scores(spec.task, fitted, rows.iloc[left_out], len(spec.classes))
        rule = STATISTICS[spec.task].choose_rule(spec, y[left_out], predicted)
        primary = primary_metric(spec, y)
        measured = spec.model_copy(update={"metrics": (primary,)})
        return measure_predicted(measured, y[left_out], predicted, rule)[primary.value]
