"""Interface of a task for training, evaluation, and drift detection."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.metric import Metric
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.bootstrap import Measure
from modelfleet.statistics.results import Estimate, ThresholdChoice

Values = NDArray[np.float64]
R = TypeVar("R")


def _absolute(fitted: Values, exported: Values) -> Values:
    return np.asarray(np.abs(exported - fitted))


@dataclass(frozen=True, kw_only=True)
class TaskStatistics(Generic[R]):
    """Statistics of a task; `R` is the type of its decision rule.

    `y` has shape (n,) and holds the target as models learn it, with classes as indices. `predicted`
    has shape (n,), or (n, classes) for multiclass. The defaults suit tasks that predict
    probabilities.
    """

    # All metrics of y, predicted, and the rule, as functions of resampling weights.
    measures: Callable[[Values, Values, R], dict[Metric, Measure]]
    # Choose the decision rule from y and predicted of rows that no model was fitted on.
    choose_rule: Callable[[ModelSpec, Values, Values], R]
    # The rule as metrics of an MLflow run.
    rule_metrics: Callable[[R], dict[str, float]]
    # Return why a metric cannot be computed on y, or an empty string if it can.
    obstacle: Callable[[Metric, Values], str]
    # Score of a baseline model's predictions in the task's `power_measure`.
    power: Callable[[Values, Values], float]
    # The same for a single column; the second argument fits a target on that column.
    column_power: Callable[[Values, Callable[[Values], Values]], float]
    # Name of the loss for permutation importance, and the loss of y and predicted.
    importance: tuple[str, Callable[[Values, Values], float]]
    # The requested metrics of y, predicted, and the ends of each answer, shape (n, 2).
    realised: Callable[[Values, Values, Values, Collection[Metric]], dict[Metric, Estimate]]
    # Maximum rows for `column_power`, enough to measure an AUC to within 0.005, and whether it also
    # fits a straight line.
    power_rows: int = 100_000
    tries_line: bool = False
    # Explain the rule by its results on the rows that chose it; `None` if nothing was chosen.
    explain_rule: Callable[[ModelSpec, Values, Values, R], ThresholdChoice | None] = lambda *_: None
    # Decisions, shape (n,); `None` for tasks without decisions.
    decisions: Callable[[Values, R], Values | None] = lambda *_: None
    # Whether each prediction was correct, and its probability, both of shape (n,), or `None`.
    confidence: Callable[[Values, Values], tuple[Values, Values] | None] = lambda *_: None
    # Which rows are predicted as the positive class, shape (n,), from predictions and the ends of
    # each answer; `None` for tasks without such a class.
    selected: Callable[[Values, Values], NDArray[np.bool_]] | None = None
    # Expected values of the requested metrics, assuming calibrated probabilities; see `realised`.
    expected: Callable[[Values, Values, Collection[Metric]], dict[Metric, Estimate]] = lambda *_: {}
    # Why `expected` is not defined; empty if it is.
    not_expected: str = ""
    # Differences between the predictions of an export and those of the fitted model.
    difference: Callable[[Values, Values], Values] = _absolute
    # Prediction method of the fitted estimator, and the part of its result that is used.
    method: Literal["predict", "predict_proba"] = "predict_proba"
    scores: Callable[[Values], Values] = lambda answered: answered
    # Whether folds and resamples are stratified by outcome.
    stratified: bool = True
    # Whether predictions are calibrated.
    calibrated: bool = True
