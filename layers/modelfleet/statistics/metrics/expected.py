"""How good a classifier should be, estimated from its calibrated probabilities alone."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import Measure
from modelfleet.statistics.metrics.class_measures import one_hot
from modelfleet.statistics.metrics.measures import divide, mean_of

Values = NDArray[np.float64]


def expected_measures(probability: Values, threshold: float) -> dict[Metric, Measure]:
    """A classifier's metrics with each outcome replaced by its probability.

    If a row of probability p is positive in a share p of cases, every count of a confusion matrix
    has an expectation: a called row is a true positive p times and a false one 1 - p times. Metrics
    are formed of these (confidence-based performance estimation: Guerra et al. 2020; NannyML, "How
    it works: CBPE"; Kivimäki et al. 2024, "Confidence-based estimators for predictive performance
    in model monitoring")::

        Brier      mean of E(p - Y)^2                  =  mean of p (1 - p)
        precision  called positives / called           =  sum of p, called  /  called
        recall     called positives / positives        =  sum of p, called  /  sum of p
        ROC AUC    pairs in order / pairs of unlikes   =  sum over i != j of p_i (1 - p_j) order_ij
                                                          / the same without order_ij

    where order_ij is 1 for p_i > p_j, 1/2 for equal ones, else 0. Brier score and precision are
    expectations; recall and AUC are ratios of expectations, which differ from the expectation of
    the ratio by a term in 1/n. All are wrong by as much as the probabilities are: a relation
    between features and outcome that has changed does not show in them.

    Parameters
    ----------
    probability
        Calibrated, of the positive class, shape (n,).
    threshold
        A row is called positive from this probability on.

    Returns
    -------
    dict
        From weights, shape (replicates, n), to one value a replicate.
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
    """The same for more than two classes, each row being of class k in a share p_k of cases.

    ::

        accuracy  mean of the likeliest class's p
        log loss  mean of - sum over k of p_k log p_k
        Brier     mean of sum over k of p_k (1 - p_k)
        recall_k  sum of p_k, called k / sum of p_k
        F1_k      2 x sum of p_k, called k / (sum of p_k + called k)
        AUC_k     as above, of p_k against all others

    Balanced accuracy, F1 and ROC AUC are the means of the last three over the classes.

    Parameters
    ----------
    probabilities
        Calibrated, of each class, shape (n, classes).
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
    # The group of equal probabilities that each row is in, and where the groups begin.
    starts = np.flatnonzero(np.append(True, np.diff(ranked) > 0))

    def measure(weights: Values) -> Values:
        w = weights[:, order]
        positives = np.add.reduceat(w * ranked, starts, axis=1)
        negatives = np.add.reduceat(w * (1.0 - ranked), starts, axis=1)
        below = np.cumsum(negatives, axis=1) - negatives
        # A row is no pair with itself; drawn twice, it stands for two rows that are alike.
        itself = w @ (ranked * (1.0 - ranked))
        in_order = (positives * (below + negatives / 2.0)).sum(axis=1) - itself / 2.0
        pairs = positives.sum(axis=1) * negatives.sum(axis=1) - itself
        return divide(in_order, pairs)

    return measure
