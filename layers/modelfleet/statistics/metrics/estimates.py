"""Metrics with their intervals: the area under the ROC curve by DeLong, all else resampled."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import Measure, affordable_replicates, estimates
from modelfleet.statistics.comparison.delong import auc_estimate
from modelfleet.statistics.results import Estimate

Values = NDArray[np.float64]

_DISTANCES = frozenset({Metric.CALIBRATION_ERROR})


def metric_estimates(
    measures: Mapping[Metric, Measure],
    wanted: Collection[Metric],
    y: Values,
    predicted: Values,
    strata: Values,
    seed: int,
) -> dict[Metric, Estimate]:
    """The wanted metrics with 95 % intervals, in the order in which they are wanted.

    Parameters
    ----------
    measures
        Each metric as a function of how often each row counts.
    wanted
        Which of them.
    y, predicted
        Outcomes and probabilities, or values, shape (n,); of more than two classes (n, classes).
    strata
        What resampling keeps the shares of, shape (n,).
    seed
        Of the resampling: the same rows have the same intervals.
    """
    resampled: dict[Metric, Measure] = {
        metric: measures[metric] for metric in wanted if metric != Metric.ROC_AUC
    }
    found: dict[Metric, Estimate] = {}
    if resampled:
        replicates = affordable_replicates(predicted.size)
        found = estimates(resampled, strata, seed, replicates, distances=_DISTANCES)
    if Metric.ROC_AUC in wanted:
        found[Metric.ROC_AUC] = auc_estimate(y, predicted)
    return {metric: found[metric] for metric in wanted}
