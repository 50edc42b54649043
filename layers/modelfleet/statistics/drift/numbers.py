"""Kolmogorov-Smirnov and Wasserstein distances from a reference curve."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats

from modelfleet.statistics.drift.bins import Floats
from modelfleet.statistics.drift.shares import Comparison, effective_rows
from modelfleet.statistics.reference_profile import NumberProfile

# Quantile levels that resolve the tails of the current values; reference points cover the rest.
_LEVELS = np.concatenate(([0.0], 0.5 ** np.arange(16, 1, -1), 1 - 0.5 ** np.arange(2, 17), [1.0]))


@dataclass(frozen=True)
class Curve:
    """Empirical distribution of the reference: the share of its values at or below each point.

    `points` and `shares` ascend, shape (k,); the last share is 1. `rows` is the sample size.
    """

    points: Floats
    shares: Floats
    rows: int
    exhaustive: bool


def curve_of(profile: NumberProfile, rows: int) -> Curve | None:
    """Return the curve of a profile of `rows` values, from its bins if it has no curve.

    `None` if all values are missing.
    """
    known = round(rows * (1 - profile.missing_share))
    if profile.minimum is None or profile.maximum is None or not known:
        return None
    if profile.curve is not None:
        counts = np.array(profile.curve.counts, dtype=np.float64)
        shares = counts / counts[-1]
        return Curve(
            np.array(profile.curve.points), shares, int(counts[-1]), profile.curve.exhaustive
        )
    points = np.array([*profile.edges, profile.maximum])
    shares = np.cumsum(profile.shares)
    if profile.minimum < points[0]:
        # Within the first bin, only the minimum is known.
        points, shares = np.append(profile.minimum, points), np.append(0.0, shares)
    return Curve(points, shares, known, exhaustive=False)


def kolmogorov_smirnov(curve: Curve, ordered: Floats) -> Comparison:
    """Compute the largest distance between the reference curve and that of the current values.

    The distance is taken at the curve's points, so it may be too small by up to one step between
    points; it is exact if the curve is exhaustive. The p-value is that of `scipy.stats.ks_2samp`
    with `method="asymp"`, which is conservative with ties.

    Parameters
    ----------
    curve
        Reference curve.
    ordered
        Current values without missing ones, ascending, shape (n,), n > 0.
    """
    up_to = np.searchsorted(ordered, curve.points, side="right") / ordered.size
    apart = np.abs(curve.shares - up_to)
    before = np.searchsorted(ordered, curve.points, side="left") / ordered.size
    if curve.exhaustive:
        # The reference is constant between points, so the distance peaks just before the next one.
        apart = np.append(apart, np.abs(np.append(0.0, curve.shares[:-1]) - before))
    else:
        apart = np.append(apart, before[0])
    away = float(apart.max())
    rows = effective_rows(curve.rows, ordered.size)
    return Comparison(away, float(stats.kstwo.sf(away, max(1, round(rows)))), away)


def wasserstein(curve: Curve, ordered: Floats, spread: float) -> Comparison | None:
    """Compute the area between the two curves in units of the reference's standard deviation.

    If both samples come from one population, the area times sqrt(n m / (n + m)) converges to the
    integral of the absolute value of a Brownian bridge (del Barrio, Giné and Matrán 1999). Its mean
    and variance follow from the curve; the p-value is that of a gamma distribution with the same
    moments.

    Parameters
    ----------
    curve
        Reference curve.
    ordered
        Current values without missing ones, ascending, shape (n,), n > 0.
    spread
        Standard deviation of the reference.

    Returns
    -------
    Comparison or None
        `None` if the standard deviation is 0.
    """
    if not spread:
        return None
    curve = _centred(curve)
    area = _area(curve, ordered) / spread
    mean, variance = _chance(_pooled(curve, ordered))
    scale = spread * np.sqrt(effective_rows(curve.rows, ordered.size))
    mean, variance = mean / scale, variance / scale**2
    p_value = special.gammaincc(mean**2 / variance, area * mean / variance)
    return Comparison(area, float(p_value), max(0.0, area - mean))


def _centred(curve: Curve) -> Curve:
    """Place the values between two points at their midpoint, unless the curve is exhaustive.

    A step larger than that between levels comes from a frequent value, which keeps its place.
    """
    if curve.exhaustive:
        return curve
    middles = (curve.points[1:] + curve.points[:-1]) / 2
    often = np.diff(curve.shares) > 2 / curve.points.size
    places = np.where(often, curve.points[1:], middles)
    return replace(curve, points=np.append(curve.points[0], places))


def _area(curve: Curve, ordered: Floats) -> float:
    """Integrate |F - G| exactly, F constant between points, G with a step at each value."""
    centre = float(curve.points[curve.points.size // 2])
    values, points = ordered - centre, curve.points - centre
    sums = np.concatenate(([0.0], np.cumsum(values)))

    def integral(at: Floats) -> Floats:
        """Return the area below G, up to each position."""
        count = np.searchsorted(values, at, side="right")
        return np.asarray((count * at - sums[count]) / values.size)

    low, high, level = points[:-1], points[1:], curve.shares[:-1]
    needed = np.clip(np.ceil(level * values.size - 1e-9).astype(int), 1, values.size)
    crossing = np.clip(values[needed - 1], low, high)
    inner = level * (2 * crossing - low - high) + integral(low) + integral(high)
    below = integral(points[:1])[0]
    above = np.maximum(values - points[-1], 0.0).mean()
    # Rounding can give a negative area if both are equal.
    return max(0.0, float(np.sum(inner - 2 * integral(crossing)) + below + above))


def _pooled(curve: Curve, ordered: Floats) -> Curve:
    """Pool both samples: the tail of one alone is too short half of the time."""
    places = ordered[np.unique((_LEVELS * (ordered.size - 1)).astype(int))]
    points = np.union1d(curve.points, places)
    then = np.append(0.0, curve.shares)[np.searchsorted(curve.points, points, side="right")]
    now = np.searchsorted(ordered, points, side="right") / ordered.size
    rows = curve.rows + ordered.size
    return Curve(points, (then * curve.rows + now * ordered.size) / rows, rows, exhaustive=False)


def _chance(curve: Curve) -> tuple[float, float]:
    """Return the mean and variance of the integral of |Brownian bridge| along the curve."""
    level, width = curve.shares[:-1], np.diff(curve.points)
    deviation = np.sqrt(level * (1 - level))
    mean = np.sqrt(2 / np.pi) * np.sum(deviation * width)
    low, high = np.minimum.outer(level, level), np.maximum.outer(level, level)
    alike = np.sqrt(low * (1 - high) / (high * (1 - low)))
    # The covariance of two absolute normal values with this correlation (Nabeya 1951).
    shared = 2 / np.pi * (np.sqrt(1 - np.minimum(alike, 1) ** 2) - 1)
    shared += 2 / np.pi * alike * np.arcsin(np.minimum(alike, 1))
    weight = deviation * width
    return float(mean), float(weight @ shared @ weight)
