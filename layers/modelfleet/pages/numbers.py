"""Formats of numbers and metric names on pages and in messages."""

import math
from datetime import date, datetime

from modelfleet.statistics.reference_profile import NumberProfile
from modelfleet.statistics.results import Estimate

_METRICS = {
    "roc_auc": "ROC AUC",
    "roc_auc_ovr": "ROC AUC, one-vs-rest",
    "pr_auc": "PR AUC",
    "brier": "Brier score",
    "f1_macro": "F1, macro average",
    "rmse": "RMSE",
    "mae": "MAE",
    "mape": "MAPE",
    "r2": "R²",
}
_EPOCH = date(1970, 1, 1).toordinal()
_DASH = "-"
_YEARS, _LARGE = 1_000, 10_000
_SMALLEST_P = 0.001
_POINTS, _HUNDREDS = 1.0, 100.0
_THOUSAND, _MILLION = 1_000, 1_000_000
_DIGITS, _PLACES = 3, 6
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def value_text(value: float) -> str:
    """Format a column's value: four significant digits, and no comma in years."""
    if abs(value) >= _LARGE:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) < _YEARS else f"{value:.0f}"


def profile_text(profile: NumberProfile, value: float) -> str:
    """Format a value of a profile_text column; a date is stored as days since 1970."""
    if not profile.of_dates:
        return value_text(value)
    return date.fromordinal(_EPOCH + math.floor(value)).isoformat()


def profile_range(profile: NumberProfile) -> str:
    """Format the smallest and the largest value of a profiled column."""
    ends = (profile.minimum or 0.0, profile.maximum or 0.0)
    return " to ".join(profile_text(profile, end) for end in ends)


def measure(value: float, sign: str = "") -> str:
    """Format a metric: four decimals up to 1, fewer for errors in the target's unit.

    Parameters
    ----------
    value
        The metric, or a difference of two.
    sign
        ``"+"`` to write the sign of positive values too.
    """
    digits = 0 if abs(value) >= _HUNDREDS else 2 if abs(value) > _POINTS else 4
    return f"{value:{sign},.{digits}f}"


def significant(value: float | None, digits: int = 3) -> str:
    """Format a statistic; a dash if there is none."""
    return _DASH if value is None else f"{value:.{digits}g}"


def p_value(value: float | None) -> str:
    """Format a p-value for a table: two significant digits, and never 0."""
    if value is None:
        return _DASH
    return f"< {_SMALLEST_P:g}" if value < _SMALLEST_P else f"{value:.2g}"


def p_text(value: float) -> str:
    """Format a p-value for a sentence: p 0.03, or p < 0.001."""
    return f"p {p_value(value)}"


def short(value: float) -> str:
    """Format a tick's label: 12k for 12,000."""
    size = abs(value)
    if size >= _MILLION:
        return f"{value / _MILLION:.3g}M"
    return f"{value / _THOUSAND:.3g}k" if size >= _THOUSAND else f"{value:.3g}"


def figure(value: float) -> str:
    """Format a number for people: three significant digits, and all digits of thousands."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) >= _HUNDREDS:
        return f"{value:,.0f}"
    places = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{max(0, places)}f}" if places <= _PLACES else f"{value:.2e}"


def with_interval(estimate: Estimate) -> str:
    """Format an estimate with its interval, if it has one: 0.843 (0.816\N{EN DASH}0.871)."""
    value = figure(estimate.value)
    if estimate.lower is None or estimate.upper is None:
        return value
    return f"{value} ({figure(estimate.lower)}\N{EN DASH}{figure(estimate.upper)})"


def ago(moment: datetime, now: datetime) -> str:
    """Format the time since a moment, or until it: 12 min ago, in 3 d."""
    seconds = abs((now - moment).total_seconds())
    for unit, length in _UNITS:
        if seconds >= length:
            words = f"{seconds // length:.0f} {unit}"
            return f"{words} ago" if moment <= now else f"in {words}"
    return "now"


def percent(share: float, digits: int = 1) -> str:
    """Format a fraction as a percentage."""
    return f"{share:.{digits}%}"


def counted(number: int, noun: str) -> str:
    """Format a count with its noun: 1 row, 2,000 rows."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def metric_name(metric: str) -> str:
    """Return a metric's display name."""
    return _METRICS.get(metric, metric.replace("_", " "))
