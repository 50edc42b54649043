"""Multiclass metrics as functions of row weights."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import Measure
from modelfleet.statistics.calibration_error import bin_of, binned_error
from modelfleet.statistics.metrics.measures import divide, mean_of, minus_log, roc_auc

Values = NDArray[np.float64]


def class_measures(y: Values, probabilities: Values) -> dict[Metric, Measure]:
    """Return the metrics of a multiclass classifier.

    The Brier score is the squared distance from the outcome summed over the classes (Brier 1950),
    between 0 and 2. The calibration error is that of the predicted class (Guo et al. 2017). Recall,
    F1, and ROC AUC are macro averages, one-vs-rest: rare classes weigh as much as common ones. A
    class without rows (for F1, also without predictions) is left out.

    Parameters
    ----------
    y
        Class index of each row, shape (n,).
    probabilities
        Class probabilities, shape (n, classes).

    Returns
    -------
    dict
        Functions of row weights, shape (replicates, n), that return one value per replicate. With
        unit weights, they equal scikit-learn's metrics of the same name.
    """
    held = np.clip(probabilities, 0.0, 1.0)
    truth = one_hot(y, held.shape[1])
    called = one_hot(held.argmax(axis=1), held.shape[1])
    top, right = held.max(axis=1), (truth * called).sum(axis=1)
    return {
        Metric.LOG_LOSS: mean_of(log_losses(y, held)),
        Metric.BRIER: mean_of(((held - truth) ** 2).sum(axis=1)),
        Metric.ACCURACY: mean_of(right),
        Metric.CALIBRATION_ERROR: partial(binned_error, bin_of(top), top - right),
        Metric.BALANCED_ACCURACY: lambda w: _mean_ratio(w @ (truth * called), w @ truth),
        Metric.F1_MACRO: lambda w: _mean_ratio(2.0 * (w @ (truth * called)), w @ (truth + called)),
        Metric.ROC_AUC_OVR: _area(truth, held),
    }


def one_hot(classes: NDArray[np.float64] | NDArray[np.int64], count: int) -> Values:
    """One-hot encode class indices; shape (n, count)."""
    return np.asarray(np.eye(count)[classes.astype(np.int64)])


def log_losses(y: Values, probabilities: Values) -> Values:
    """Return the log loss of each row, shape (n,)."""
    total = probabilities.sum(axis=1)
    true = probabilities[np.arange(y.size), y.astype(np.int64)] / np.where(total > 0, total, 1.0)
    return minus_log(true)


def _area(truth: Values, probabilities: Values) -> Measure:
    """One-vs-rest ROC AUC, averaged over the classes that occur."""
    present = [k for k in range(truth.shape[1]) if 0.0 < truth[:, k].mean() < 1.0]
    areas = [roc_auc(truth[:, k], probabilities[:, k]) for k in present]
    return lambda weights: np.mean([area(weights) for area in areas], axis=0)


def _mean_ratio(part: Values, whole: Values) -> Values:
    """Average ratios, shape (replicates, classes), over the classes with a denominator above 0."""
    shares = divide(part, whole)
    return np.asarray(shares.sum(axis=1) / np.maximum((whole > 0).sum(axis=1), 1))
