"""Statistics of regression: a value with a prediction interval."""

import numpy as np

from modelfleet.spec.metric import Metric
from modelfleet.statistics.bootstrap import on_rows
from modelfleet.statistics.conformal import fit_interval
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.metrics.measures import r_squared, regression_measures
from modelfleet.statistics.metrics.realized import realised_values
from modelfleet.statistics.tasks.task_statistics import TaskStatistics, Values

# Floor of the scale for relative differences, as a fraction of the median absolute value.
_LEAST_LEVEL = 0.1
_TINY = float(np.finfo(np.float32).tiny)


def _explained(y: Values, predicted: Values) -> float:
    return on_rows(r_squared(y, predicted), y.size)


def _relative(fitted: Values, exported: Values) -> Values:
    """Return relative differences, with a floor on the scale for predictions near 0.

    Such a prediction may be the sum of large terms from many trees, and float32 rounds in
    proportion to the terms.
    """
    level = _LEAST_LEVEL * np.median(np.abs(fitted))
    scale = np.maximum(np.abs(fitted), max(level, _TINY))
    return np.asarray(np.abs(exported - fitted) / scale)


def _obstacle(_metric: Metric, y: Values) -> str:
    return "" if np.unique(y).size > 1 else "the target is constant"


STATISTICS = TaskStatistics[PredictionInterval](
    measures=regression_measures,
    choose_rule=lambda spec, y, predicted: fit_interval(y, predicted, spec.interval_level),
    rule_metrics=lambda rule: {
        "interval_lower": rule.lower_offset,
        "interval_upper": rule.upper_offset,
    },
    obstacle=_obstacle,
    power=_explained,
    column_power=lambda y, fit: _explained(y, fit(y)),
    tries_line=True,
    importance=("mean absolute error", lambda y, predicted: float(np.abs(y - predicted).mean())),
    realised=lambda y, p, ends, wanted: realised_values(y, p, ends[:, 0], ends[:, 1], wanted),
    not_expected=(
        "expected performance is not defined for regression, because predicted values do not "
        "reveal their error; it is only known once outcomes are reported"
    ),
    difference=_relative,
    method="predict",
    stratified=False,
    calibrated=False,
)
