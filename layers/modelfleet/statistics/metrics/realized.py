"""Realized and expected metrics of served predictions, with intervals."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import (
    Measure,
    affordable_replicates,
    estimates,
    on_rows,
)
from modelfleet.statistics.metrics.class_measures import class_measures
from modelfleet.statistics.metrics.estimates import metric_estimates
from modelfleet.statistics.metrics.expected import expected_class_measures, expected_measures
from modelfleet.statistics.metrics.measures import RANKED, binary_measures, value_measures
from modelfleet.statistics.results import Estimate

Values = NDArray[np.float64]

# With fewer rows of an outcome, resampling repeats the same few rows; intervals are too narrow.
LEAST_OF_EACH_OUTCOME = 10
LEAST_ROWS = 30
_CELLS = 2_000_000
_SEED = 1
OVER_CLASSES = frozenset({Metric.BALANCED_ACCURACY, Metric.F1_MACRO, Metric.ROC_AUC_OVR})
_WITHOUT_CLASSES = frozenset({Metric.BRIER, Metric.LOG_LOSS, Metric.ACCURACY})


def realised_decisions(
    y: Values, probability: Values, threshold: float, wanted: Collection[Metric]
) -> dict[Metric, Estimate]:
    """Measure a binary classifier on rows with known outcomes.

    If only one outcome occurs, only metrics that are means over rows are measured. With few rows of
    either outcome, there are values but no intervals. Precision at N is left out: it depends on the
    number of rows, which differs between a day and the test set.

    Parameters
    ----------
    y
        Outcomes 0.0 and 1.0, shape (n,), n > 0.
    probability
        Probabilities of the positive class, shape (n,).
    threshold
        Rows with at least this probability are called positive.
    wanted
        Metrics to measure.
    """
    rarer = int(min(y.sum(), y.size - y.sum()))
    metrics = [
        metric
        for metric in wanted
        if metric not in RANKED and (rarer > 0 or metric in _WITHOUT_CLASSES)
    ]
    measures = binary_measures(y, probability, threshold)
    if rarer < LEAST_OF_EACH_OUTCOME:
        return _values(measures, metrics, y.size)
    return metric_estimates(measures, metrics, y, probability, y, _SEED)


def realised_classes(
    y: Values, probabilities: Values, wanted: Collection[Metric]
) -> dict[Metric, Estimate]:
    """Measure a multiclass classifier on rows with known outcomes.

    Metrics that are means over rows have an interval if there are at least 30 rows; macro averages,
    if there are enough rows of every class.

    Parameters
    ----------
    y
        Class index of each row, shape (n,), n > 0.
    probabilities
        Class probabilities, shape (n, classes).
    wanted
        Metrics to measure.
    """
    places = _affordable(probabilities)
    y, probabilities = y[places], probabilities[places]
    rows = np.unique(y, return_counts=True)[1]
    metrics = [metric for metric in wanted if rows.size > 1 or metric in _WITHOUT_CLASSES]
    measures = class_measures(y, probabilities)
    if rows.size == 1 or y.size < LEAST_ROWS:
        return _values(measures, metrics, y.size)
    if rows.size == probabilities.shape[1] and rows.min() >= LEAST_OF_EACH_OUTCOME:
        return metric_estimates(measures, metrics, y, probabilities, y, _SEED)
    of_rows = [metric for metric in metrics if metric not in OVER_CLASSES]
    estimated = metric_estimates(measures, of_rows, y, probabilities, np.zeros_like(y), _SEED)
    return _values(measures, metrics, y.size) | estimated


def realised_values(
    y: Values, value: Values, lower: Values, upper: Values, wanted: Collection[Metric]
) -> dict[Metric, Estimate]:
    """Measure a regression on rows with known outcomes; without intervals if there are few rows.

    Parameters
    ----------
    y, value, lower, upper
        Outcomes, predictions, and the bounds of their intervals, in the target's unit, shape (n,).
    wanted
        Metrics to measure; R² is left out if all outcomes are equal, MAPE if one is 0.
    """
    measures = value_measures(y, value, lower, upper)
    if np.unique(y).size == 1:
        del measures[Metric.R2]
    metrics = [metric for metric in wanted if metric in measures]
    if y.size < LEAST_ROWS:
        return _values(measures, metrics, y.size)
    return metric_estimates(measures, metrics, y, value, np.zeros_like(y), _SEED)


def expected_decisions(
    probability: Values, threshold: float, wanted: Collection[Metric]
) -> dict[Metric, Estimate]:
    """Estimate a binary classifier's metrics without outcomes, assuming calibrated probabilities.

    The interval covers other samples of the same population; with few rows, there is none.

    Parameters
    ----------
    probability
        Calibrated probabilities, shape (n,), n > 0.
    threshold
        Rows with at least this probability are called positive.
    wanted
        Metrics to estimate; those without a closed form are left out.
    """
    return _expected(expected_measures(probability, threshold), probability, wanted)


def expected_classes(probabilities: Values, wanted: Collection[Metric]) -> dict[Metric, Estimate]:
    """Estimate a multiclass classifier's metrics; probabilities have shape (n, classes)."""
    few = probabilities[_affordable(probabilities)]
    return _expected(expected_class_measures(few), few, wanted)


def _affordable(probabilities: Values) -> NDArray[np.int64]:
    """Return the indices of all rows, or of an evenly spaced subset that bounds the cost.

    The subset is large enough to represent all rows: 40,000 with 50 classes.
    """
    rows, classes = probabilities.shape
    return np.unique(np.linspace(0, rows - 1, min(rows, _CELLS // classes)).astype(np.int64))


def _expected(
    known: dict[Metric, Measure], probability: Values, wanted: Collection[Metric]
) -> dict[Metric, Estimate]:
    measures = {metric: known[metric] for metric in wanted if metric in known}
    rows = len(probability)
    if rows < LEAST_ROWS or not measures:
        return _values(measures, measures, rows)
    replicates = affordable_replicates(probability.size)
    return estimates(measures, np.zeros(rows), _SEED, replicates)


def _values(
    measures: dict[Metric, Measure], wanted: Collection[Metric], rows: int
) -> dict[Metric, Estimate]:
    return {metric: Estimate(value=on_rows(measures[metric], rows)) for metric in wanted}
