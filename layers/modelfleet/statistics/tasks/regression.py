"""Statistics of a number: a value, answered with an interval."""

from collections.abc import Collection

import numpy as np

from modelfleet.spec.metric import Metric
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.bootstrap import Measure, on_rows
from modelfleet.statistics.conformal import fit_interval
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.metrics.measures import r_squared, regression_measures
from modelfleet.statistics.metrics.realized import realised_values
from modelfleet.statistics.results import Estimate
from modelfleet.statistics.tasks.task_statistics import Loss, TaskStatistics, Values

# A value this far below the usual one counts as if it were there, where differences are relative.
_LEAST_LEVEL = 0.1
_TINY = float(np.finfo(np.float32).tiny)


class RegressionStatistics(TaskStatistics[PredictionInterval]):
    """The rule is a prediction interval."""

    method = "predict"
    stratified = False
    calibrated = False
    tries_line = True
    not_expected = (
        "expected performance is not defined for a regression: a predicted value does not say how "
        "far off it is; until outcomes are reported, nothing is known"
    )

    def measures(
        self, y: Values, predicted: Values, rule: PredictionInterval
    ) -> dict[Metric, Measure]:
        """Of errors, and of the interval."""
        return regression_measures(y, predicted, rule)

    def choose_rule(self, spec: ModelSpec, y: Values, predicted: Values) -> PredictionInterval:
        """By the residuals."""
        return fit_interval(y, predicted, spec.interval_level)

    def rule_metrics(self, rule: PredictionInterval) -> dict[str, float]:
        """Both offsets."""
        return {"interval_lower": rule.lower_offset, "interval_upper": rule.upper_offset}

    def decisions(self, predicted: Values, rule: PredictionInterval) -> Values | None:
        """None: a value is no decision."""
        return None

    def obstacle(self, metric: Metric, y: Values) -> str:
        """A constant target."""
        return "" if np.unique(y).size > 1 else "its target never varies"

    def confidence(self, y: Values, predicted: Values) -> tuple[Values, Values] | None:
        """None: a value has no probability."""
        return None

    def power(self, y: Values, predicted: Values) -> float:
        """R²."""
        return on_rows(r_squared(y, predicted), y.size)

    def importance(self, y: Values) -> tuple[str, Loss]:
        """Mean absolute error, in the target's unit."""
        return "mean absolute error", lambda predicted: float(np.abs(y - predicted).mean())

    def difference(self, fitted: Values, exported: Values) -> Values:
        """Relative to the value.

        Trees add up to a value near nothing out of terms that are as large as values are, and
        float32 rounds by the size of the terms.
        """
        level = _LEAST_LEVEL * np.median(np.abs(fitted))
        difference = super().difference(fitted, exported)
        return difference / np.maximum(np.abs(fitted), max(level, _TINY))

    def realised(
        self, y: Values, predicted: Values, ends: Values, wanted: Collection[Metric]
    ) -> dict[Metric, Estimate]:
        """The ends are those of each value's interval."""
        return realised_values(y, predicted, ends[:, 0], ends[:, 1], wanted)

    def expected(
        self,
        predicted: Values,
        ends: Values,
        wanted: Collection[Metric],
    ) -> dict[Metric, Estimate]:
        """None."""
        return {}
