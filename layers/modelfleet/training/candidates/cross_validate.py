"""Cross-validation of pipelines on the same folds."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from statistics import fmean
from typing import Any

import joblib
import numpy as np
import pandas as pd
from imblearn.pipeline import Pipeline
from numpy.typing import NDArray
from sklearn.base import clone
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from modelfleet.evaluation.measure import measure_predicted, primary_metric
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.metric import Metric
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.folds import Fold, Keys, divide, rarest
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.fold_keys import fold_keys
from modelfleet.tables.target import Values, outcomes
from modelfleet.training.candidates.early_stopping import (
    MORE_ROUNDS,
    fit_stopping,
    fixed_rounds,
    stops_early,
)
from modelfleet.training.candidates.log_target import LogTarget, squared_error_scale
from modelfleet.training.candidates.serving_cost import microseconds
from modelfleet.training.raw_scores import raw_scores

FOLDS = 5
# Above this many rows, three folds tell candidates apart as well, in half of the time.
_MANY_ROWS = 6_000
_FOLDS_OF_MANY = 3
# Enough rows to compare pipelines and to choose a threshold; more would only cost time in Lambda.
ROWS = 50_000
_FEWEST = 2
_SQUARED = frozenset({Metric.RMSE, Metric.R2})


@dataclass(frozen=True)
class FoldScores:
    """A pipeline's result on one fold: its metric and its predictions of the rows left out.

    `rounds` is the best number of boosting rounds, if the pipeline stops early, `scale` that of a
    logarithm, if the metric needs one, `size` the bytes of the fitted pipeline, `microseconds` its
    estimated time per row, and `seconds` the processor time of the fit.
    """

    score: float
    predicted: Values
    size: int
    microseconds: float
    seconds: float
    rounds: int | None = None
    scale: float | None = None


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of a pipeline for training rows, each by a fit that left the row out.

    `rows` are the positions, shape (n,), of these rows among the training rows: folds by time never
    leave out the oldest. `y` is their target, `groups` tells which of them belong together, and
    `predicted` has shape (n,) or (n, classes). `parameters` are those that early stopping and the
    logarithm's scale determine. `microseconds` is the estimated processor time to score a row with
    the final fit, and `seconds` that of all folds.
    """

    rows: NDArray[np.int64]
    y: Values
    groups: Keys | None
    predicted: Values
    scores: tuple[float, ...]
    size: int
    rounds: int | None
    parameters: dict[str, Any]
    microseconds: float
    seconds: float

    def settle(self, pipeline: Pipeline) -> Pipeline:
        """Return the pipeline as it is fitted to all training rows."""
        return clone(pipeline).set_params(**self.parameters)


@dataclass(frozen=True)
class CrossValidation:
    """Training rows with fixed folds, on which all pipelines are scored.

    The metric is the gate's primary one. Predictions are uncalibrated, which does not affect
    ranking metrics; the decision rule is chosen on the held-out rows of each fold, for all
    pipelines alike. `positions` are those of the rows among all training rows.
    """

    spec: ModelSpec
    rows: pd.DataFrame
    y: Values
    positions: NDArray[np.int64]
    groups: Keys | None
    folds: tuple[Fold, ...]

    @classmethod
    def of(cls, spec: ModelSpec, train: pd.DataFrame, seed: int) -> "CrossValidation":
        """Split the training rows, or a sample of `ROWS` if there are more, into folds.

        Raises
        ------
        DatasetError
            If an outcome occurs in fewer than two groups, too few to both fit and measure.
        """
        positions = np.arange(len(train))
        if len(train) > ROWS:
            positions = np.sort(np.random.default_rng(seed).choice(positions, ROWS, replace=False))
        rows = train.iloc[positions]
        y = outcomes(spec, rows)
        keys = fold_keys(spec, rows)
        if spec.outcomes and rarest(y, keys.groups) < _FEWEST:
            raise DatasetError(
                f"{spec.name}: a class of {spec.target.column} occurs in a single group of equal "
                "or related training rows, too few to both fit and measure; load more rows"
            )
        count = _FOLDS_OF_MANY if len(rows) > _MANY_ROWS else FOLDS
        folds = divide(spec.task, y, count, seed, *keys)
        return cls(spec, rows, y, positions, keys.groups, folds)

    def out_of_fold(self, pipeline: Pipeline) -> OutOfFold:
        """Score an unfitted pipeline, from data frame to prediction, on every fold."""
        return self._joined(pipeline, [self.fit_fold(pipeline, fold) for fold in self.folds])

    def out_of_fold_while(
        self, pipeline: Pipeline, goes_on: Callable[[tuple[float, ...]], bool]
    ) -> OutOfFold | None:
        """Score a pipeline fold by fold, as long as `goes_on` of the scores so far is true."""
        found: list[FoldScores] = []
        for fold in self.folds:
            found.append(self.fit_fold(pipeline, fold))
            if not goes_on(tuple(each.score for each in found)):
                return None
        return self._joined(pipeline, found)

    def score(self, pipeline: Pipeline, fold: Fold) -> float:
        """Fit a clone of the pipeline on the other folds, and score it on this one."""
        return self.fit_fold(pipeline, fold).score

    def fit_fold(self, pipeline: Pipeline, fold: Fold) -> FoldScores:
        """Fit a clone of the pipeline on the other folds, and predict this one."""
        fitted_on, left_out = fold
        rows = self.rows[list(self.spec.feature_names)]
        fitted, rounds, started = clone(pipeline), None, time.process_time()
        # A single thread, as in the final fit, gives the same sums on every retry.
        with threadpool_limits(1):
            X, held = rows.iloc[fitted_on], rows.iloc[left_out]
            if stops_early(fitted):
                left = (held, self.y[left_out])
                rounds = fit_stopping(fitted, X, self.y[fitted_on], left)
            else:
                fitted.fit(X, self.y[fitted_on])
            predicted = raw_scores(self.spec.task, fitted, held, len(self.spec.classes))
        y, scale = self.y[left_out], None
        if self.spec.gate.primary in _SQUARED and isinstance(pipeline.steps[-1][1], LogTarget):
            scale = squared_error_scale(y, predicted)
            predicted = scale * predicted
        return FoldScores(
            score=self.measure(y, predicted),
            predicted=predicted,
            size=_size(fitted),
            microseconds=microseconds(fitted),
            seconds=time.process_time() - started,
            rounds=rounds,
            scale=scale,
        )

    def measure(self, y: Values, predicted: Values) -> float:
        """Return the metric of predictions, shape (n,) or (n, classes), of a fold's rows."""
        rule = STATISTICS[self.spec.task].choose_rule(self.spec, y, predicted)
        primary = primary_metric(self.spec, self.y)
        measured = self.spec.model_copy(update={"metrics": (primary,)})
        return measure_predicted(measured, y, predicted, rule)[primary.value]

    @cached_property
    def places(self) -> list[NDArray[np.int64]]:
        """Where each fold's rows are in the arrays of `OutOfFold`."""
        ordered = np.sort(np.concatenate([fold for _, fold in self.folds]))
        return [np.searchsorted(ordered, fold) for _, fold in self.folds]

    def _joined(self, pipeline: Pipeline, found: list[FoldScores]) -> OutOfFold:
        left_out = np.concatenate([fold for _, fold in self.folds])
        order = np.argsort(left_out)
        rows = left_out[order]
        predicted = np.concatenate([each.predicted for each in found])[order]
        counts = [each.rounds for each in found if each.rounds is not None]
        rounds = max(1, round(fmean(counts) * MORE_ROUNDS)) if counts else None
        parameters = {} if rounds is None else dict(fixed_rounds(pipeline, rounds))
        if scales := [each.scale for each in found if each.scale is not None]:
            parameters[f"{pipeline.steps[-1][0]}__scale"] = fmean(scales)
        return OutOfFold(
            rows=self.positions[rows],
            y=self.y[rows],
            groups=None if self.groups is None else self.groups[rows],
            predicted=predicted,
            scores=tuple(each.score for each in found),
            size=max(each.size for each in found),
            rounds=rounds,
            parameters=parameters,
            microseconds=MORE_ROUNDS * max(each.microseconds for each in found),
            seconds=sum(each.seconds for each in found),
        )


def _size(fitted: Any) -> int:
    content = BytesIO()
    joblib.dump(fitted, content)
    return len(content.getvalue())
