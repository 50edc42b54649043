"""Measures of a model on held-out rows: arrays in, numbers out."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from modelfleet.spec.model import Metric
from modelfleet.statistics.calibration_error import calibration_error
from modelfleet.statistics.conformal import bounds
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.metrics.class_measures import one_hot
from modelfleet.statistics.metrics.measures import RANKED

Values = NDArray[np.float64]


def binary_metrics(y: Values, probability: Values, threshold: float) -> Mapping[Metric, float]:
    """Measure a classifier.

    Parameters
    ----------
    y
        Outcomes 0.0 and 1.0, shape (n,); both must occur.
    probability
        Of the positive class, shape (n,).
    threshold
        A row is called positive from this probability on.

    Raises
    ------
    ValueError
        If all outcomes are the same.
    """
    if np.unique(y).size < 2:  # noqa: PLR2004 -- two classes
        raise ValueError("only one class in the outcomes")
    probability = np.clip(probability, 0.0, 1.0)
    called = probability >= threshold
    return {
        Metric.ROC_AUC: float(metrics.roc_auc_score(y, probability)),
        Metric.PR_AUC: float(metrics.average_precision_score(y, probability)),
        Metric.BRIER: float(metrics.brier_score_loss(y, probability)),
        Metric.LOG_LOSS: float(metrics.log_loss(y, probability)),
        Metric.CALIBRATION_ERROR: calibration_error(y, probability),
        Metric.RECALL: float(metrics.recall_score(y, called)),
        Metric.PRECISION: float(metrics.precision_score(y, called, zero_division=0.0)),
        **{name: precision_at(y, probability, count) for name, count in RANKED.items()},
    }


def class_metrics(y: Values, probabilities: Values) -> Mapping[Metric, float]:
    """Measure a classifier of more than two classes; see `class_measures` for what each means.

    Parameters
    ----------
    y
        The index of each row's class, shape (n,); at least two must occur.
    probabilities
        Of each class, shape (n, classes).

    Raises
    ------
    ValueError
        If all rows have the same class.
    """
    present = np.unique(y).astype(np.int64)
    if present.size < 2:  # noqa: PLR2004 -- two classes
        raise ValueError("only one class in the outcomes")
    held = np.clip(probabilities, 0.0, 1.0)
    truth, called = one_hot(y, held.shape[1]), held.argmax(axis=1)
    shares = held / held.sum(axis=1, keepdims=True)
    labels = np.arange(held.shape[1])
    areas = [metrics.roc_auc_score(truth[:, k], held[:, k]) for k in present]
    return {
        Metric.LOG_LOSS: float(metrics.log_loss(y, shares, labels=labels)),
        Metric.BRIER: float(((held - truth) ** 2).sum(axis=1).mean()),
        Metric.ACCURACY: float(metrics.accuracy_score(y, called)),
        Metric.CALIBRATION_ERROR: calibration_error((called == y) * 1.0, held.max(axis=1)),
        Metric.BALANCED_ACCURACY: float(
            metrics.recall_score(y, called, labels=present, average="macro", zero_division=0.0)
        ),
        Metric.F1_MACRO: float(metrics.f1_score(y, called, average="macro", zero_division=0.0)),
        Metric.ROC_AUC_OVR: float(np.mean(areas)),
    }


def precision_at(y: Values, score: Values, count: int) -> float:
    """Share of positives among the `count` best scores, or among all rows where there are fewer.

    Rows that tie at the cut count with the share of positives among them, so that the result does
    not hang on the order of the rows.
    """
    count = min(count, y.size)
    cut = np.sort(score)[::-1][count - 1]
    above, tied = score > cut, score == cut
    places_left = count - int(above.sum())
    return float((y[above].sum() + places_left * y[tied].mean()) / count)


def regression_metrics(
    y: Values, value: Values, interval: PredictionInterval
) -> Mapping[Metric, float]:
    """Measure a regression; `y` and `value` have shape (n,) and the target's unit."""
    lower, upper = bounds(interval, value)
    return {
        Metric.RMSE: float(metrics.root_mean_squared_error(y, value)),
        Metric.MAE: float(metrics.mean_absolute_error(y, value)),
        Metric.MAPE: float(metrics.mean_absolute_percentage_error(y, value)),
        Metric.R2: float(metrics.r2_score(y, value)),
        Metric.INTERVAL_COVERAGE: float(np.mean((lower <= y) & (y <= upper))),
    }
