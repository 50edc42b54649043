"""Column profiles of bounded size, for comparison with later data."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.reference_profile import CategoryProfile, EmpiricalCurve, NumberProfile

_BINS = 10
# With this many even steps, the curve is within 1/128 of the full distribution (drift starts at
# 1/10) and takes about 2 KB of a bundle. Steps halve towards both ends to resolve long tails.
_STEPS = 128
_TAIL = 2.0 ** -np.arange(8, 17)
_LEVELS = np.sort(np.concatenate((np.linspace(0, 1, _STEPS + 1), _TAIL, 1 - _TAIL)))


def profile_numbers(values: NDArray[np.float64]) -> NumberProfile:
    """Profile a numeric column, shape (n,), NaN for missing.

    A column with few distinct values gets one bin per value; coinciding quantiles become one edge.
    """
    known = values[~np.isnan(values)]
    if known.size == 0:
        return NumberProfile(
            missing_share=1.0 if values.size else 0.0,
            minimum=None,
            maximum=None,
            mean=None,
            standard_deviation=None,
            edges=(),
            shares=(1.0,),
            rows=values.size,
        )
    edges = _inner_edges(known)
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=edges.size + 1)
    return NumberProfile(
        missing_share=1.0 - known.size / values.size,
        minimum=float(known.min()),
        maximum=float(known.max()),
        mean=float(known.mean()),
        standard_deviation=float(known.std()),
        edges=tuple(edges.tolist()),
        shares=tuple((counts / known.size).tolist()),
        rows=values.size,
    )


def reference_numbers(values: NDArray[np.float64]) -> NumberProfile:
    """Profile a numeric reference column, shape (n,), NaN for missing, including its curve."""
    profile = profile_numbers(values)
    known = values[~np.isnan(values)]
    return profile.model_copy(update={"curve": _curve(known)}) if known.size else profile


def of_dates(profile: NumberProfile) -> NumberProfile:
    """Return the profile of days since 1970 as that of dates."""
    return profile.model_copy(update={"of_dates": True})


def profile_categories(values: NDArray[np.object_]) -> CategoryProfile:
    """Profile a categorical column, shape (n,), `None` for missing."""
    counts: Counter[str] = Counter()
    for value, count in Counter(values.tolist()).items():
        if value is not None:
            counts[str(value)] += count
    known = counts.total()
    return CategoryProfile(
        missing_share=1.0 - known / len(values) if len(values) else 0.0,
        shares={name: counts[name] / known for name in sorted(counts)},
        rows=len(values),
    )


def _inner_edges(known: NDArray[np.float64]) -> NDArray[np.float64]:
    distinct = np.unique(known)
    if distinct.size <= _BINS:
        return distinct[:-1]
    quantiles = np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1], method="inverted_cdf")
    edges = np.unique(quantiles)
    return np.asarray(edges[edges < distinct[-1]])


def _curve(known: NDArray[np.float64]) -> EmpiricalCurve:
    points, counts = np.unique(known, return_counts=True)
    exhaustive = points.size <= _LEVELS.size
    if not exhaustive:
        points = np.unique(np.quantile(known, _LEVELS, method="inverted_cdf"))
        counts = np.diff(np.searchsorted(np.sort(known), points, side="right"), prepend=0)
    return EmpiricalCurve(
        points=tuple(points.tolist()),
        counts=tuple(np.cumsum(counts).tolist()),
        exhaustive=exhaustive,
    )
