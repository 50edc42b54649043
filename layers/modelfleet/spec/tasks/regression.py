"""A number, answered with an interval."""

from collections import Counter
from collections.abc import Sequence
from math import inf, isfinite, nan
from typing import Any

from modelfleet.spec.data_limits import Check
from modelfleet.spec.metric import Metric
from modelfleet.spec.target import Target
from modelfleet.spec.tasks.kind import TargetFault, TaskKind, top_share


class Regression(TaskKind):
    """A target of numbers, in a declared range or in any."""

    metrics = frozenset({Metric.RMSE, Metric.MAE, Metric.MAPE, Metric.R2, Metric.INTERVAL_COVERAGE})
    always_measured = ()
    always_compared = ()
    ranks = False
    has_confidence = False
    numeric_text = True
    power_measure = "R²"
    no_power = 0.0
    score_field = "value"
    score_range = (-inf, inf)
    rule_field = "interval"
    conflict = ""

    def label_fault(self, labels: tuple[str, ...] | None) -> str:
        """There are none."""
        return "" if labels is None else "a number has no classes"

    def classes(self, labels: tuple[str, ...] | None) -> tuple[str, ...]:
        """None."""
        return ()

    def outcomes(self, labels: tuple[str, ...] | None) -> tuple[float | str, ...]:
        """None are listed."""
        return ()

    def read(self, target: Target, value: Any) -> tuple[Any, TargetFault | None]:
        """Take a finite number in the declared range."""
        try:
            number = float(value)
        except ValueError:
            number = nan
        if not isfinite(number):
            return number, (Check.TYPES, "it must be a finite number")
        unit = f" {target.unit}" if target.unit else ""
        if target.minimum is not None and number < target.minimum:
            return number, (Check.RANGES, f"it must be {target.minimum:g}{unit} or more")
        if target.maximum is not None and number > target.maximum:
            return number, (Check.RANGES, f"it must be {target.maximum:g}{unit} or less")
        return number, None

    def summary(self, values: Sequence[Any]) -> dict[str, Any]:
        """Where the values lie."""
        from statistics import fmean, median  # noqa: PLC0415  # slow, and no request needs it

        return {
            "minimum": min(values),
            "median": median(values),
            "mean": fmean(values),
            "maximum": max(values),
        }

    def most_frequent(self, counts: Counter[Any]) -> str:
        """The value that most rows have."""
        value, share = top_share(counts)
        return f"the most frequent value, {value:,g}, makes {share:.1%} of the rows"
