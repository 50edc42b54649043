"""The reference: every metric as scikit-learn, or its definition, has it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from modelfleet.spec.metric import Metric
from modelfleet.statistics.calibration_error import bin_of
from modelfleet.statistics.conformal import bounds
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.metrics.measures import RANKED

Values = NDArray[np.float64]


def binary_metrics(y: Values, probability: Values, threshold: float) -> Mapping[Metric, float]:
    """Of outcomes 0.0 and 1.0 and probabilities of the positive class, shape (n,)."""
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


def precision_at(y: Values, score: Values, count: int) -> float:
    """Share of positives among the `count` best scores; ties at the cut count in proportion."""
    count = min(count, y.size)
    cut = np.sort(score)[::-1][count - 1]
    above, tied = score > cut, score == cut
    places_left = count - int(above.sum())
    return float((y[above].sum() + places_left * y[tied].mean()) / count)


def calibration_error(y: Values, probability: Values) -> float:
    """Distance of mean probability and share of positives per bin, weighted by the bin's rows."""
    bins = bin_of(probability)
    gaps = [abs(float((probability - y)[bins == each].sum())) for each in np.unique(bins)]
    return sum(gaps) / y.size


def regression_metrics(
    y: Values, value: Values, interval: PredictionInterval
) -> Mapping[Metric, float]:
    """Of outcomes and values in the target's unit, shape (n,)."""
    lower, upper = bounds(interval, value)
    return {
        Metric.RMSE: float(metrics.root_mean_squared_error(y, value)),
        Metric.MAE: float(metrics.mean_absolute_error(y, value)),
        Metric.MAPE: float(metrics.mean_absolute_percentage_error(y, value)),
        Metric.R2: float(metrics.r2_score(y, value)),
        Metric.INTERVAL_COVERAGE: float(np.mean((lower <= y) & (y <= upper))),
    }
