"""Plots of a regression: values, residuals, and interval coverage."""

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from modelfleet.pages.charts import Axis, Chart
from modelfleet.pages.numbers import short
from modelfleet.statistics.conformal import bounds
from modelfleet.statistics.curves import ValueGroup, value_groups
from modelfleet.statistics.decision_rule import PredictionInterval

Values = NDArray[np.float64]

_MOST_POINTS = 700
_SEED = 0
# Values with a larger ratio of maximum to minimum get a logarithmic axis.
_WIDE = 30.0
_TAIL = 0.002


def predicted_against_actual(y: Values, value: Values, unit: str) -> Markup:
    """Draw a sample of rows by actual and predicted value."""
    both = np.concatenate([y, value])
    low, high = (float(end) for end in np.quantile(both, [_TAIL, 1.0 - _TAIL]))
    wide = low > 0.0 and high / low > _WIDE
    across = Axis(low, high, _named("actual", unit), logarithmic=wide)
    down = Axis(low, high, _named("predicted", unit), logarithmic=wide)
    chart = Chart("Predicted against actual", across, down)
    chart.grid()
    rng = np.random.default_rng(_SEED)
    chosen = rng.permutation(y.size)[:_MOST_POINTS]
    for row in chosen:
        chart.point(float(y[row]), float(value[row]), "fill-one faint", 3)
    chart.curve(((low, low), (high, high)), "rule")
    return chart.svg()


def residuals(y: Values, value: Values, interval: PredictionInterval, unit: str) -> Markup:
    """Draw predicted minus actual by predicted value."""
    groups = value_groups(y, value, *bounds(interval, value))
    ends = [end for group in groups for end in group.residuals]
    pad = 0.06 * (max(ends) - min(ends))
    chart = _by_group(
        "Residuals",
        groups,
        Axis(min(ends) - pad, max(ends) + pad, _named("predicted - actual", unit)),
        unit,
    )
    chart.curve(((0.0, 0.0), (float(len(groups)), 0.0)), "rule")
    for number, group in enumerate(groups):
        low, middle, high = group.residuals
        chart.bar((number + 0.25, number + 0.75), (low, high), "fill-one pale")
        chart.point(number + 0.5, middle, "fill-one halo", 5)
    return chart.svg()


def coverage(y: Values, value: Values, interval: PredictionInterval, unit: str) -> Markup:
    """Draw the share of actual values within their interval by predicted value."""
    groups = value_groups(y, value, *bounds(interval, value))
    low = min([interval.level, *(group.coverage_ends[0] for group in groups)])
    axis = Axis(max(0.0, np.floor(low * 10 - 0.5) / 10), 1.0, "within the interval", percent=True)
    chart = _by_group("Coverage of the interval", groups, axis, unit)
    chart.curve(((0.0, interval.level), (float(len(groups)), interval.level)), "rule")
    for number, group in enumerate(groups):
        lower, upper = group.coverage_ends
        chart.curve(((number + 0.5, lower), (number + 0.5, upper)), "curve one faint-line")
        chart.point(number + 0.5, group.coverage, "fill-one halo", 5)
    return chart.svg()


def _by_group(title: str, groups: list[ValueGroup], y: Axis, unit: str) -> Chart:
    """Return a chart with a slot for each group, labelled with its median prediction."""
    names = Axis(0.0, float(len(groups)), _named("predicted, median of each decile", unit))
    chart = Chart(title, names, y)
    chart.grid_of_groups([short(group.typical) for group in groups])
    return chart


def _named(words: str, unit: str) -> str:
    return f"{words} ({unit})" if unit else words
