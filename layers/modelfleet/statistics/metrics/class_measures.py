"""The metrics of more than two classes as functions of how often each row counts."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import Measure
from modelfleet.statistics.calibration_error import bin_of, binned_error
from modelfleet.statistics.metrics.measures import divide, mean_of, minus_log, roc_auc

Values = NDArray[np.float64]


def class_measures(y: Values, probabilities: Values) -> dict[Metric, Measure]:
    """A classifier's metrics.

    The Brier score is the squared distance from the outcome, summed over the classes (Brier 1950),
    and lies between 0 and 2. The calibration error is that of the likeliest class (Guo et al.
    2017). Recall, F1 and ROC AUC are means over classes, each against all others, which weigh a
    rare class like a common one; a class that no row has, or for F1 none is called either, is left
    out.

    Parameters
    ----------
    y
        The index of each row's class, shape (n,).
    probabilities
        Of each class, shape (n, classes).

    Returns
    -------
    dict
        From weights, shape (replicates, n), to one value a replicate. With all weights 1 the values
        are scikit-learn's, where it has the metric.
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
    """1.0 in the column of each row's class, shape (n, count)."""
    return np.asarray(np.eye(count)[classes.astype(np.int64)])


def log_losses(y: Values, probabilities: Values) -> Values:
    """Minus the logarithm of the probability of what came true, shape (n,)."""
    total = probabilities.sum(axis=1)
    true = probabilities[np.arange(y.size), y.astype(np.int64)] / np.where(total > 0, total, 1.0)
    return minus_log(true)


def _area(truth: Values, probabilities: Values) -> Measure:
    """The mean over classes of the area under each one's ROC curve against all others."""
    there = [k for k in range(truth.shape[1]) if 0.0 < truth[:, k].mean() < 1.0]
    areas = [roc_auc(truth[:, k], probabilities[:, k]) for k in there]
    return lambda weights: np.mean([area(weights) for area in areas], axis=0)


def _mean_ratio(part: Values, whole: Values) -> Values:
    """The mean over classes, shape (replicates, classes), that have something to divide by."""
    shares = divide(part, whole)
    return np.asarray(shares.sum(axis=1) / np.maximum((whole > 0).sum(axis=1), 1))
