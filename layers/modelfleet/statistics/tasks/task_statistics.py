"""What training, evaluation, and drift detection ask of a task."""

import sys
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
    """How a task is measured; `R` is its decision rule.

    `y` has shape (n,) and holds the target as models learn it; a class is its index. `predicted`
    has shape (n,), of more than two classes (n, classes). Defaults are those of tasks whose
    predictions are probabilities.
    """

    # Every metric of y, predicted, and the rule, as functions of resampling weights.
    measures: Callable[[Values, Values, R], dict[Metric, Measure]]
    # The rule that a spec asks for, by y and predicted of rows that no model was fitted on.
    choose_rule: Callable[[ModelSpec, Values, Values], R]
    # The rule as metrics of a run.
    rule_metrics: Callable[[R], dict[str, float]]
    # Why so few rows, y, cannot be measured by a metric, in words; empty where they can.
    obstacle: Callable[[Metric, Values], str]
    # How well a plain model predicts y, in the task's `power_measure`; from y and predicted.
    power: Callable[[Values, Values], float]
    # The same for one column, by y and a function that predicts a target from the column.
    column_power: Callable[[Values, Callable[[Values], Values]], float]
    # The measure of permutation importance, in words, and the loss of y and predicted.
    importance: tuple[str, Callable[[Values, Values], float]]
    # The wanted metrics of y, predicted, and the ends of each answer, shape (n, 2).
    realised: Callable[[Values, Values, Values, Collection[Metric]], dict[Metric, Estimate]]
    # The most rows that `column_power` is measured on, and whether it tries a straight line.
    power_rows: int = sys.maxsize
    tries_line: bool = False
    # What a rule reaches on the rows that chose it; `None` where there was no choice.
    explain_rule: Callable[[ModelSpec, Values, Values, R], ThresholdChoice | None] = lambda *_: None
    # The outcome that each row is taken for, shape (n,); `None` where none is.
    decisions: Callable[[Values, R], Values | None] = lambda *_: None
    # Whether each prediction came true, and its probability, shape (n,) both, or `None`.
    confidence: Callable[[Values, Values], tuple[Values, Values] | None] = lambda *_: None
    # What the wanted metrics should be if predicted probabilities are right; see `realised`.
    expected: Callable[[Values, Values, Collection[Metric]], dict[Metric, Estimate]] = lambda *_: {}
    # Why there is no `expected`, in words; empty where there is.
    not_expected: str = ""
    # How far an export's predictions differ from those of the fitted model.
    difference: Callable[[Values, Values], Values] = _absolute
    # The method of a fitted estimator that predicts, and the part of its result that is used.
    method: Literal["predict", "predict_proba"] = "predict_proba"
    scores: Callable[[Values], Values] = lambda answered: answered
    # Whether folds and resamples keep the shares of outcomes.
    stratified: bool = True
    # Whether predictions are calibrated.
    calibrated: bool = True
