"""Statistics of two classes: a probability, decided by a threshold."""

from collections.abc import Collection

import numpy as np

from modelfleet.spec.metric import Metric
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.bootstrap import Measure, on_rows
from modelfleet.statistics.metrics.measures import binary_measures, roc_auc
from modelfleet.statistics.metrics.realized import (
    LEAST_OF_EACH_OUTCOME,
    expected_decisions,
    realised_decisions,
)
from modelfleet.statistics.results import Estimate, ThresholdChoice
from modelfleet.statistics.tasks.task_statistics import Loss, TaskStatistics, Values
from modelfleet.statistics.threshold import choose_threshold, describe_threshold

_EXPECTED = (Metric.ROC_AUC, Metric.BRIER, Metric.PRECISION, Metric.RECALL)


class BinaryStatistics(TaskStatistics[float]):
    """The rule is a threshold."""

    method = "predict_proba"
    stratified = True
    calibrated = True

    def scores(self, answered: Values) -> Values:
        """The positive class is the second."""
        return answered[:, 1]

    def measures(self, y: Values, predicted: Values, rule: float) -> dict[Metric, Measure]:
        """Of ranking, probabilities, and decisions."""
        return binary_measures(y, predicted, rule)

    def choose_rule(self, spec: ModelSpec, y: Values, predicted: Values) -> float:
        """By the spec's objective."""
        return choose_threshold(y, predicted, spec.threshold)

    def explain_rule(
        self, spec: ModelSpec, y: Values, predicted: Values, rule: float
    ) -> ThresholdChoice | None:
        """What the threshold reaches."""
        return describe_threshold(y, predicted, spec.threshold, rule)

    def rule_metrics(self, rule: float) -> dict[str, float]:
        """The threshold."""
        return {"threshold": rule}

    def decisions(self, predicted: Values, rule: float) -> Values | None:
        """Positive from the threshold on."""
        return np.asarray(predicted >= rule, dtype=np.float64)

    def obstacle(self, metric: Metric, y: Values) -> str:
        """Too few of either outcome."""
        rarer = int(min(y.sum(), y.size - y.sum()))
        return f"{rarer} rows of one outcome" if rarer < LEAST_OF_EACH_OUTCOME else ""

    def confidence(self, y: Values, predicted: Values) -> tuple[Values, Values] | None:
        """Of the positive class."""
        return y, np.clip(predicted, 0.0, 1.0)

    def power(self, y: Values, predicted: Values) -> float:
        """ROC AUC."""
        return on_rows(roc_auc(y, predicted), y.size)

    def importance(self, y: Values) -> tuple[str, Loss]:
        """Of what is lost, the ranking is what a threshold cannot mend."""
        return "ROC AUC", lambda predicted: -self.power(y, predicted)

    def realised(
        self, y: Values, predicted: Values, ends: Values, wanted: Collection[Metric]
    ) -> dict[Metric, Estimate]:
        """Both ends are the threshold."""
        return realised_decisions(y, predicted, float(ends[0, 0]), wanted)

    def expected(
        self,
        predicted: Values,
        ends: Values,
        wanted: Collection[Metric],
    ) -> dict[Metric, Estimate]:
        """Those with a closed form."""
        return expected_decisions(predicted, float(ends[0, 0]), _EXPECTED)
