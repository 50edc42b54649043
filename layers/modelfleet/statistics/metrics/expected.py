"""Expected metrics of a classifier, estimated from its calibrated probabilities alone."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import Measure
from modelfleet.statistics.metrics.class_measures import one_hot
from modelfleet.statistics.metrics.measures import divide, mean_of

Values = NDArray[np.float64]


def expected_measures(probability: Values, threshold: float) -> dict[Metric, Measure]:
    """Return a binary classifier's metrics with each outcome replaced by its probability.

    If rows of probability p are positive in a share p of cases, every count of the confusion matrix
    has an expectation: a row called positive is a true positive with probability p, and a false one
    with probability 1 - p. Metrics follow from these expectations (confidence-based performance
    estimation: Guerra et al. 2020; NannyML, "How it works: CBPE"; Kivimäki et al. 2024,
    "Confidence-based estimators for predictive performance in model monitoring")::

        Brier      mean of E(p - Y)^2                  =  mean of p (1 - p)
        precision  called positives / called           =  sum of p, called  /  called
        recall     called positives / positives        =  sum of p, called  /  sum of p
        ROC AUC    concordant pairs / pos-neg pairs    =  sum over i != j of p_i (1 - p_j) order_ij
                                                          / the same without order_ij

    where order_ij is 1 if p_i > p_j, 1/2 for ties, and 0 otherwise. Brier score and precision are
    expectations; recall and AUC are ratios of expectations, which differ from the expectation of
    the ratio by a term of order 1/n. All of them are as wrong as the probabilities: they do not
    show concept drift, a change in the relation between features and outcome.

    Parameters
    ----------
    probability
        Calibrated probabilities of the positive class, shape (n,).
    threshold
        Rows with at least this probability are called positive.

    Returns
    -------
    dict
        Functions of row weights, shape (replicates, n), that return one value per replicate.
    """
    p = np.clip(probability, 0.0, 1.0)
    called = (p >= threshold).astype(np.float64)
    return {
        Metric.ROC_AUC: _expected_auc(p),
        Metric.BRIER: mean_of(p * (1.0 - p)),
        Metric.PRECISION: lambda w: divide(w @ (p * called), w @ called),
        Metric.RECALL: lambda w: divide(w @ (p * called), w @ p),
    }


def expected_class_measures(probabilities: Values) -> dict[Metric, Measure]:
    """Return a multiclass classifier's metrics, each row being of class k with probability p_k.

    ::

        accuracy  mean of the predicted class's p
        log loss  mean of - sum over k of p_k log p_k
        Brier     mean of sum over k of p_k (1 - p_k)
        recall_k  sum of p_k, called k / sum of p_k
        F1_k      2 x sum of p_k, called k / (sum of p_k + called k)
        AUC_k     as in `expected_measures`, one-vs-rest

    Balanced accuracy, F1, and ROC AUC are the means of the last three over the classes.

    Parameters
    ----------
    probabilities
        Calibrated class probabilities, shape (n, classes).
    """
    p = np.clip(probabilities, 0.0, 1.0)
    p = p / p.sum(axis=1, keepdims=True)
    called = one_hot(p.argmax(axis=1), p.shape[1])
    entropy = -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=1)
    areas = [_expected_auc(p[:, k]) for k in range(p.shape[1])]
    return {
        Metric.ACCURACY: mean_of(p.max(axis=1)),
        Metric.LOG_LOSS: mean_of(entropy),
        Metric.BRIER: mean_of((p * (1.0 - p)).sum(axis=1)),
        Metric.BALANCED_ACCURACY: lambda w: divide(w @ (p * called), w @ p).mean(axis=1),
        Metric.F1_MACRO: lambda w: divide(2.0 * (w @ (p * called)), w @ (p + called)).mean(axis=1),
        Metric.ROC_AUC_OVR: lambda w: np.mean([area(w) for area in areas], axis=0),
    }


def _expected_auc(p: Values) -> Measure:
    order = np.argsort(p, kind="stable")
    ranked = p[order]
    # Where each group of tied probabilities starts.
    starts = np.flatnonzero(np.append(True, np.diff(ranked) > 0))

    def measure(weights: Values) -> Values:
        w = weights[:, order]
        positives = np.add.reduceat(w * ranked, starts, axis=1)
        negatives = np.add.reduceat(w * (1.0 - ranked), starts, axis=1)
        below = np.cumsum(negatives, axis=1) - negatives
        # Exclude the pair of a row with itself; a row drawn twice counts as two identical rows.
        itself = w @ (ranked * (1.0 - ranked))
        in_order = (positives * (below + negatives / 2.0)).sum(axis=1) - itself / 2.0
        pairs = positives.sum(axis=1) * negatives.sum(axis=1) - itself
        return divide(in_order, pairs)

    return measure
