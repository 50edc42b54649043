"""One-sided tests that one arm of a release is worse than the other, without NumPy."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from statistics import NormalDist, fmean, quantiles, variance

BINS = 10
# The chi-squared approximation needs about this many rows per bin.
_ROWS_A_BIN = 10
# Half a row keeps the logarithm of an empty bin finite.
_EMPTY = 0.5
_NORMAL = NormalDist()


def binomial_tail(successes: int, trials: int, share: float) -> float:
    """Return P(X >= successes) for X ~ Binomial(trials, share), by summing its terms."""
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
    """Return the one-sided p-value of Fisher's exact test that the new arm's share is larger.

    Parameters
    ----------
    new, old
        Events and trials of each arm. The p-value is 1 if an arm has no trials.
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
    """Return the one-sided p-value that a quantile of the new arm exceeds a limit.

    A share `1 - share` of the values may exceed the limit. The new arm is worse only if more of its
    values exceed it than that (exact binomial test) and than in the old arm (Fisher's exact test),
    so that a limit estimated from few values of the old arm fails no release. The larger p-value
    counts.

    Parameters
    ----------
    new, old
        Values of each arm, in any order.
    share
        Level of the quantile in (0, 1), 0.95 for p95.
    limit
        Upper limit of the quantile.
    """
    if not new or not old:
        return 1.0
    above, above_old = (sum(value > limit for value in values) for values in (new, old))
    return max(
        binomial_tail(above, len(new), 1.0 - share),
        excess_p_value((above, len(new)), (above_old, len(old))),
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least a share `share` of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def shift(new: Sequence[float], old: Sequence[float]) -> tuple[float, float]:
    """Return the population stability index of the new arm's scores, and its p-value.

    The bins are the old arm's deciles, open at both ends, or fewer quantiles if there are few
    scores; with fewer than 20 scores in an arm, the result is (0, 1). If both arms score one
    population, PSI * n * m / (n + m) is approximately chi-squared with bins - 1 degrees of freedom
    (Yurdakul 2018, "Statistical properties of the population stability index").
    """
    bins = min(BINS, min(len(new), len(old)) // _ROWS_A_BIN)
    if bins < 2:  # noqa: PLR2004 -- one bin holds every score
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
    """Return the one-sided p-value that the new arm's mean loss exceeds the old one's by a margin.

    Welch's test with the normal approximation, which needs about thirty values per arm.

    Parameters
    ----------
    new, old
        Loss of each prediction; lower is better.
    margin
        Allowed excess, relative to the old arm's mean loss.
    """
    if min(len(new), len(old)) < 2:  # noqa: PLR2004 -- one value has no variance
        return 1.0
    error = math.sqrt(variance(new) / len(new) + variance(old) / len(old))
    excess = fmean(new) - fmean(old) * (1.0 + margin)
    if error == 0.0:
        return 0.0 if excess > 0.0 else 1.0
    return 1.0 - _NORMAL.cdf(excess / error)


def chi_squared_tail(value: float, degrees: int) -> float:
    """Return P(X >= value) for a chi-squared X, by Wilson and Hilferty's cube root (1931)."""
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
    """Return the log of the binomial coefficient, or minus infinity if it is 0."""
    if not 0 <= k <= n:
        return -math.inf
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
