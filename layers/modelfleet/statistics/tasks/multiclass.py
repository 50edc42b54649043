"""Statistics of more than two classes: a probability each, and the likeliest is taken."""

from collections.abc import Callable, Collection

import numpy as np

from modelfleet.spec.metric import Metric
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.bootstrap import Measure, on_rows
from modelfleet.statistics.decision_rule import Classes
from modelfleet.statistics.metrics.class_measures import class_measures, log_losses
from modelfleet.statistics.metrics.measures import roc_auc
from modelfleet.statistics.metrics.realized import (
    LEAST_OF_EACH_OUTCOME,
    OVER_CLASSES,
    expected_classes,
    realised_classes,
)
from modelfleet.statistics.results import Estimate
from modelfleet.statistics.tasks.task_statistics import Loss, TaskStatistics, Values

_SEVERAL = 2


class MulticlassStatistics(TaskStatistics[Classes]):
    """The rule is the classes themselves."""

    method = "predict_proba"
    stratified = True
    calibrated = True
    # Each class is ranked by itself; what gives them away shows on fewer rows as well.
    power_rows = 10_000

    def measures(self, y: Values, predicted: Values, rule: Classes) -> dict[Metric, Measure]:
        """Of probabilities, and of the likeliest class."""
        return class_measures(y, predicted)

    def choose_rule(self, spec: ModelSpec, y: Values, predicted: Values) -> Classes:
        """All declared classes."""
        return spec.classes

    def rule_metrics(self, rule: Classes) -> dict[str, float]:
        """None."""
        return {}

    def decisions(self, predicted: Values, rule: Classes) -> Values | None:
        """The likeliest class."""
        return np.asarray(predicted.argmax(axis=1), dtype=np.float64)

    def obstacle(self, metric: Metric, y: Values) -> str:
        """A mean over rows is meaningful for any classes, a mean over classes for several."""
        counts = np.unique(y, return_counts=True)[1]
        if metric in OVER_CLASSES and (counts >= LEAST_OF_EACH_OUTCOME).sum() < _SEVERAL:
            return f"fewer than {_SEVERAL} classes with {LEAST_OF_EACH_OUTCOME} rows"
        return ""

    def confidence(self, y: Values, predicted: Values) -> tuple[Values, Values] | None:
        """Of the likeliest class."""
        return likeliest(y, predicted)

    def power(self, y: Values, predicted: Values) -> float:
        """The mean ROC AUC of each class that there is against all others."""
        present = np.unique(y, return_inverse=True)[1].astype(np.float64)
        return on_rows(class_measures(present, predicted)[Metric.ROC_AUC_OVR], y.size)

    def column_power(self, y: Values, fit: Callable[[Values], Values]) -> float:
        """The column predicts each class by itself."""
        each = [(y == one).astype(np.float64) for one in np.unique(y)]
        return float(np.mean([on_rows(roc_auc(one, fit(one)), y.size) for one in each]))

    def importance(self, y: Values) -> tuple[str, Loss]:
        """Log loss, as every class counts."""
        return "log loss", lambda predicted: float(log_losses(y, predicted).mean())

    def realised(
        self,
        y: Values,
        predicted: Values,
        ends: Values,
        wanted: Collection[Metric],
    ) -> dict[Metric, Estimate]:
        """Of rows, and of classes where there are enough rows of each."""
        return realised_classes(y, predicted, wanted)

    def expected(
        self,
        predicted: Values,
        ends: Values,
        wanted: Collection[Metric],
    ) -> dict[Metric, Estimate]:
        """Those with a closed form."""
        return expected_classes(predicted, wanted)


def likeliest(y: Values, predicted: Values) -> tuple[Values, Values]:
    """Whether each row's likeliest class is its own, and its probability, shape (n,) both."""
    held = np.clip(predicted, 0.0, 1.0)
    return (held.argmax(axis=1) == y).astype(np.float64), held.max(axis=1)
