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

    Attributes
    ----------
    measures
        From y, predicted, and the rule to every metric of the task, for resampling.
    choose_rule
        The rule that a spec asks for, from y and predicted of rows that no model was fitted on.
    rule_metrics
        The rule as metrics of a run.
    obstacle
        Why so few rows, y, cannot be measured by a metric, in words; empty where they can.
    power
        How well predicted, shape (n,) or (n, classes), tells y, in the task's `power_measure`.
    importance
        What permutation importance is measured in, in words, and the loss by y and predicted.
    realised
        From y, predicted, and what each answer ended at, shape (n, 2), to the wanted metrics.
    explain_rule
        What a rule reaches on the rows that chose it; `None` where there was no choice.
    decisions
        The outcome that each row is taken for, shape (n,); `None` where none is.
    confidence
        Whether each prediction came true, and its probability, shape (n,) both, or `None`.
    expected
        What the wanted metrics should be if predicted probabilities are right; see `realised`.
    not_expected
        Why there is no `expected`, in words; empty where there is.
    difference
        How far an export's predictions differ from those of the fitted model.
    column_power
        `power` of one column: from y and a function that predicts y from it, or any part of y.
    power_rows, tries_line
        On how many rows at most; and whether a straight line is tried.
    method, scores
        The method of a fitted estimator that answers, and what of its answer is predicted.
    stratified
        Whether folds and resamples keep the shares of outcomes.
    calibrated
        Whether predictions are calibrated.
    """

    measures: Callable[[Values, Values, R], dict[Metric, Measure]]
    choose_rule: Callable[[ModelSpec, Values, Values], R]
    rule_metrics: Callable[[R], dict[str, float]]
    obstacle: Callable[[Metric, Values], str]
    power: Callable[[Values, Values], float]
    importance: tuple[str, Callable[[Values, Values], float]]
    realised: Callable[[Values, Values, Values, Collection[Metric]], dict[Metric, Estimate]]
    column_power: Callable[[Values, Callable[[Values], Values]], float]
    explain_rule: Callable[[ModelSpec, Values, Values, R], ThresholdChoice | None] = lambda *_: None
    decisions: Callable[[Values, R], Values | None] = lambda *_: None
    confidence: Callable[[Values, Values], tuple[Values, Values] | None] = lambda *_: None
    expected: Callable[[Values, Values, Collection[Metric]], dict[Metric, Estimate]] = lambda *_: {}
    not_expected: str = ""
    difference: Callable[[Values, Values], Values] = _absolute
    power_rows: int = sys.maxsize
    tries_line: bool = False
    method: Literal["predict", "predict_proba"] = "predict_proba"
    scores: Callable[[Values], Values] = lambda answered: answered
    stratified: bool = True
    calibrated: bool = True
