"""Tests whether one arm of a release is worse than the other, without NumPy."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from statistics import NormalDist, fmean, quantiles, variance

BINS = 10
# The chi-squared approximation wants some rows in every bin.
_ROWS_A_BIN = 10
# A bin without rows would make the logarithm infinite; half a row does not.
_EMPTY = 0.5
_NORMAL = NormalDist()


def binomial_tail(successes: int, trials: int, share: float) -> float:
    """P(X >= successes) for X ~ Binomial(trials, share), summed from its own terms."""
    if successes <= 0:
        return 1.0
    if share <= 0.0:
        return 0.0
    terms = (
        _choose(trials, k) + k * math.log(share) + (trials - k) * math.log1p(-share)
        for k in range(successes, trials + 1)
    )
    return min(1.0, math.fsum(map(math.exp, terms)))


def excess_p_value(new: tuple[int, int], old: tuple[int, int]) -> float:
    """One-sided p-value of Fisher's exact test that the new arm's share is larger.

    Parameters
    ----------
    new, old
        Events and trials of each arm. An arm without trials says nothing: the answer is 1.
    """
    (events, trials), (old_events, old_trials) = new, old
    if not trials or not old_trials:
        return 1.0
    total = events + old_events
    whole = _choose(trials + old_trials, total)
    terms = (
        _choose(trials, k) + _choose(old_trials, total - k) - whole
        for k in range(events, min(trials, total) + 1)
    )
    return min(1.0, math.fsum(map(math.exp, terms)))


def quantile_excess_p_value(
    new: Sequence[float], old: Sequence[float], share: float, limit: float
) -> float:
    """One-sided p-value that a quantile of the new arm is over a limit.

    A part `1 - share` of the values may exceed it. The new arm is worse only where more of its
    values do than that part (exact binomial test) and more than of the old arm's own (Fisher's
    exact test), so that a limit which was estimated from few values of the old arm does not condemn
    anybody; the larger p-value counts.

    Parameters
    ----------
    new, old
        Values of each arm, in any order.
    share
        Which quantile, in (0, 1): 0.95 for p95.
    limit
        What the quantile may be at most.
    """
    if not new or not old:
        return 1.0
    above, above_old = (sum(value > limit for value in values) for values in (new, old))
    return max(
        binomial_tail(above, len(new), 1.0 - share),
        excess_p_value((above, len(new)), (above_old, len(old))),
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that a part `share` of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def shift(new: Sequence[float], old: Sequence[float]) -> tuple[float, float]:
    """Population stability index of the new arm's scores against the old one's, with its p-value.

    The bins are the old arm's deciles, open at both ends; of few scores, fewer quantiles, and of
    fewer than 20 nothing is said. Where both arms score one population,
    PSI * n * m / (n + m) has about a chi-squared distribution with bins - 1 degrees of freedom
    (Yurdakul 2018, "Statistical properties of the population stability index").
    """
    bins = min(BINS, min(len(new), len(old)) // _ROWS_A_BIN)
    if bins < 2:  # noqa: PLR2004 -- one bin holds everything
        return 0.0, 1.0
    edges = sorted(set(quantiles(old, n=bins)))
    before, now = _counts(old, edges), _counts(new, edges)
    index = sum(
        (n / len(new) - b / len(old)) * math.log((n / len(new)) / (b / len(old)))
        for n, b in zip(now, before, strict=True)
    )
    scaled = index * len(new) * len(old) / (len(new) + len(old))
    return index, chi_squared_tail(scaled, len(edges))


def loss_excess_p_value(new: Sequence[float], old: Sequence[float], margin: float) -> float:
    """One-sided p-value that the new arm's mean loss is over the old one's by more than a margin.

    Welch's test in its normal form, for which each arm needs some thirty values.

    Parameters
    ----------
    new, old
        One loss a prediction, lower being better.
    margin
        Allowed, as a part of the old arm's mean loss.
    """
    if min(len(new), len(old)) < 2:  # noqa: PLR2004 -- one value has no variance
        return 1.0
    error = math.sqrt(variance(new) / len(new) + variance(old) / len(old))
    excess = fmean(new) - fmean(old) * (1.0 + margin)
    if error == 0.0:
        return 0.0 if excess > 0.0 else 1.0
    return 1.0 - _NORMAL.cdf(excess / error)


def chi_squared_tail(value: float, degrees: int) -> float:
    """P(X >= value) for a chi-squared X, by Wilson and Hilferty's cube root (1931)."""
    if degrees <= 0 or value <= 0.0:
        return 1.0
    spread = 2.0 / (9.0 * degrees)
    root = (value / degrees) ** (1.0 / 3.0)
    return 1.0 - _NORMAL.cdf((root - (1.0 - spread)) / math.sqrt(spread))


def _counts(values: Sequence[float], edges: Sequence[float]) -> list[float]:
    counts = [0.0] * (len(edges) + 1)
    for value in values:
        counts[bisect_left(edges, value)] += 1.0
    return [max(count, _EMPTY) for count in counts]


def _choose(n: int, k: int) -> float:
    """Logarithm of the binomial coefficient; of the impossible, minus infinity."""
    if not 0 <= k <= n:
        return -math.inf
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
