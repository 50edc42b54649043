"""Metrics with 95 % intervals: by DeLong for ROC AUC, by bootstrap for all others."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import Measure, affordable_replicates, estimates
from modelfleet.statistics.comparison.delong import auc_estimate
from modelfleet.statistics.curves import share_interval
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
    groups: NDArray[np.generic] | None = None,
) -> dict[Metric, Estimate]:
    """Estimate the wanted metrics with 95 % intervals, in the given order.

    Metrics that these rows do not have, such as the MAPE of a target with zeros, are omitted.

    Parameters
    ----------
    measures
        Metrics as functions of row weights.
    wanted
        Metrics to estimate.
    y
        Outcomes, shape (n,).
    predicted
        Probabilities or values, shape (n,), or class probabilities, shape (n, classes).
    strata
        Stratum of each row, whose shares resampling preserves, shape (n,).
    seed
        Seed of the bootstrap; the same rows get the same intervals.
    groups
        Group of each row, shape (n,), if rows of a group are not independent.
    """
    resampled: dict[Metric, Measure] = {
        metric: measures[metric]
        for metric in wanted
        if metric in measures and metric != Metric.ROC_AUC
    }
    results: dict[Metric, Estimate] = {}
    if resampled:
        replicates = affordable_replicates(predicted.size)
        results = estimates(resampled, strata, seed, replicates, _DISTANCES, groups)
    if Metric.INTERVAL_COVERAGE in results and groups is None:
        # Resamples of rows that are all covered would all be, however few they are.
        share = results[Metric.INTERVAL_COVERAGE].value
        lower, upper = share_interval(share, y.size)
        results[Metric.INTERVAL_COVERAGE] = Estimate(value=share, lower=lower, upper=upper)
    if Metric.ROC_AUC in wanted:
        results[Metric.ROC_AUC] = auc_estimate(y, predicted, groups)
    return {metric: results[metric] for metric in wanted if metric in results}
