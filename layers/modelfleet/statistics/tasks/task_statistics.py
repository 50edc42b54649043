"""What training, evaluation, and drift detection ask of a task."""

import sys
from collections.abc import Callable, Collection
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.metric import Metric
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.bootstrap import Measure
from modelfleet.statistics.results import Estimate, ThresholdChoice

Values = NDArray[np.float64]
Loss = Callable[[Values], float]
R = TypeVar("R")


class TaskStatistics(Protocol[R]):
    """How a task is measured. `R` is its decision rule.

    `y` has shape (n,) and holds the target as models learn it; a class is its index. `predicted`
    has shape (n,), of more than two classes (n, classes).

    Attributes
    ----------
    method
        The method of a fitted estimator that answers.
    stratified
        Whether folds and resamples keep the shares of outcomes.
    calibrated
        Whether scores are probabilities that can be calibrated.
    tries_line
        Whether the target may depend on a column in a straight line.
    power_rows
        The most rows on which a column's power is measured.
    not_expected
        Why performance cannot be estimated without outcomes, in words; empty where it can.
    """

    method: Literal["predict", "predict_proba"]
    stratified: bool
    calibrated: bool
    tries_line: bool = False
    power_rows: int = sys.maxsize
    not_expected: str = ""

    def scores(self, answered: Values) -> Values:
        """What a fitted estimator answers, as a model's predictions."""
        return answered

    def measures(self, y: Values, predicted: Values, rule: R) -> dict[Metric, Measure]:
        """Every metric of the task, for resampling."""
        ...

    def choose_rule(self, spec: ModelSpec, y: Values, predicted: Values) -> R:
        """The decision rule that a spec asks for, from rows that no model was fitted on."""
        ...

    def explain_rule(
        self,
        spec: ModelSpec,
        y: Values,
        predicted: Values,
        rule: R,
    ) -> ThresholdChoice | None:
        """What a rule reaches on the rows that chose it; `None` where there was no choice."""
        return None

    def rule_metrics(self, rule: R) -> dict[str, float]:
        """The rule as metrics of a run."""
        ...

    def decisions(self, predicted: Values, rule: R) -> Values | None:
        """The outcome that each row is taken for, shape (n,); `None` where none is."""
        ...

    def obstacle(self, metric: Metric, y: Values) -> str:
        """Why a metric cannot be measured on so few rows, in words; empty where it can."""
        ...

    def confidence(self, y: Values, predicted: Values) -> tuple[Values, Values] | None:
        """Whether each row's prediction came true, and its probability, shape (n,) both."""
        ...

    def power(self, y: Values, predicted: Values) -> float:
        """How well a plain model predicts the target, in the task's `power_measure`."""
        ...

    def column_power(self, y: Values, fit: Callable[[Values], Values]) -> float:
        """The same for one column; `fit` predicts a target from it, shape (n,) both."""
        return self.power(y, fit(y))

    def importance(self, y: Values) -> tuple[str, Loss]:
        """The measure of permutation importance in words, and the loss of predictions."""
        ...

    def difference(self, fitted: Values, exported: Values) -> Values:
        """How far an export's predictions differ from those of the fitted model."""
        difference: Values = np.abs(exported - fitted)
        return difference

    def realised(
        self, y: Values, predicted: Values, ends: Values, wanted: Collection[Metric]
    ) -> dict[Metric, Estimate]:
        """Metrics of answers whose outcome is known, n > 0; `ends` as answered, shape (n, 2)."""
        ...

    def expected(
        self, predicted: Values, ends: Values, wanted: Collection[Metric]
    ) -> dict[Metric, Estimate]:
        """What the metrics should be if probabilities are right."""
        ...
