"""Statistics of binary classification: a probability with a decision threshold."""

import numpy as np

from modelfleet.spec.metric import Metric
from modelfleet.statistics.bootstrap import on_rows
from modelfleet.statistics.metrics.measures import binary_measures, roc_auc
from modelfleet.statistics.metrics.realized import (
    LEAST_OF_EACH_OUTCOME,
    expected_decisions,
    realised_decisions,
)
from modelfleet.statistics.tasks.task_statistics import TaskStatistics, Values
from modelfleet.statistics.threshold import choose_threshold, describe_threshold

_EXPECTED = (Metric.ROC_AUC, Metric.BRIER, Metric.PRECISION, Metric.RECALL)


def _obstacle(_metric: Metric, y: Values) -> str:
    rarer = int(min(y.sum(), y.size - y.sum()))
    if rarer < LEAST_OF_EACH_OUTCOME:
        return f"too few rows of one outcome: {rarer} of {LEAST_OF_EACH_OUTCOME}"
    return ""


def area(y: Values, predicted: Values) -> float:
    """Return the ROC AUC.

    Parameters
    ----------
    y, predicted
        Outcomes and probabilities, shape (n,).
    """
    return on_rows(roc_auc(y, predicted), y.size)


STATISTICS = TaskStatistics[float](
    measures=binary_measures,
    choose_rule=lambda spec, y, predicted: choose_threshold(y, predicted, spec.threshold),
    explain_rule=lambda spec, y, p, rule: describe_threshold(y, p, spec.threshold, rule),
    rule_metrics=lambda rule: {"threshold": rule},
    decisions=lambda predicted, rule: (predicted >= rule).astype(np.float64),
    obstacle=_obstacle,
    confidence=lambda y, predicted: (y, np.clip(predicted, 0.0, 1.0)),
    power=area,
    column_power=lambda y, fit: area(y, fit(y)),
    importance=("ROC AUC", lambda y, predicted: -area(y, predicted)),
    # Both ends hold the threshold.
    selected=lambda p, ends: p >= ends[:, 0],
    realised=lambda y, p, ends, wanted: realised_decisions(y, p, float(ends[0, 0]), wanted),
    expected=lambda p, ends, _: expected_decisions(p, float(ends[0, 0]), _EXPECTED),
    # The second column is the positive class.
    scores=lambda answered: answered[:, 1],
)
