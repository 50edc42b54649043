"""Statistics of multiclass classification: one probability per class; the largest decides."""

from collections.abc import Callable

import numpy as np

from modelfleet.spec.metric import Metric
from modelfleet.statistics.bootstrap import on_rows
from modelfleet.statistics.decision_rule import Classes
from modelfleet.statistics.metrics.class_measures import class_measures, log_losses
from modelfleet.statistics.metrics.realized import (
    LEAST_OF_EACH_OUTCOME,
    OVER_CLASSES,
    expected_classes,
    realised_classes,
)
from modelfleet.statistics.tasks.binary import area
from modelfleet.statistics.tasks.task_statistics import TaskStatistics, Values

_SEVERAL = 2


def likeliest(y: Values, predicted: Values) -> tuple[Values, Values]:
    """Return whether each row's most likely class is correct, and its probability.

    Parameters
    ----------
    y
        Class indices, shape (n,).
    predicted
        Probabilities, shape (n, classes).

    Returns
    -------
    tuple of Values
        1.0 if correct, else 0.0, and the probability, both of shape (n,).
    """
    held = np.clip(predicted, 0.0, 1.0)
    return (held.argmax(axis=1) == y).astype(np.float64), held.max(axis=1)


def _obstacle(metric: Metric, y: Values) -> str:
    """Require at least two large enough classes for macro averages; row means have no minimum."""
    counts = np.unique(y, return_counts=True)[1]
    if metric in OVER_CLASSES and (counts >= LEAST_OF_EACH_OUTCOME).sum() < _SEVERAL:
        return f"fewer than {_SEVERAL} classes with at least {LEAST_OF_EACH_OUTCOME} rows"
    return ""


def _power(y: Values, predicted: Values) -> float:
    """Return the one-vs-rest ROC AUC, averaged over the classes present in `y`."""
    present = np.unique(y, return_inverse=True)[1].astype(np.float64)
    return on_rows(class_measures(present, predicted)[Metric.ROC_AUC_OVR], y.size)


def _column_power(y: Values, fit: Callable[[Values], Values]) -> float:
    """Return the same average with a separate fit of the column for each class."""
    each = [(y == one).astype(np.float64) for one in np.unique(y)]
    return float(np.mean([area(one, fit(one)) for one in each]))


STATISTICS = TaskStatistics[Classes](
    measures=lambda y, predicted, _: class_measures(y, predicted),
    choose_rule=lambda spec, *_: spec.classes,
    rule_metrics=lambda _: {},
    decisions=lambda predicted, _: predicted.argmax(axis=1).astype(np.float64),
    obstacle=_obstacle,
    confidence=likeliest,
    power=_power,
    column_power=_column_power,
    # One fit per class is slow, and leakage shows on fewer rows too.
    power_rows=10_000,
    importance=("log loss", lambda y, predicted: float(log_losses(y, predicted).mean())),
    realised=lambda y, predicted, _, wanted: realised_classes(y, predicted, wanted),
    expected=lambda predicted, _, wanted: expected_classes(predicted, wanted),
)
