"""Tests for more missing, out-of-range, or unseen values than before."""

import numpy as np
from scipy import special, stats

from modelfleet.statistics.drift.bins import BinCounts
from modelfleet.statistics.drift.shares import Comparison, effective_rows
from modelfleet.statistics.reference_profile import CategoryProfile


def missing_share(bins: BinCounts) -> Comparison:
    """Difference of the shares of missing values, and the two-proportion z-test of it.

    The last bin holds the missing values. The effect size is the difference without its sign.
    """
    rows = float(bins.reference.sum()), float(bins.current.sum())
    missing = float(bins.reference[-1]), float(bins.current[-1])
    pooled = sum(missing) / sum(rows)
    difference = missing[1] / rows[1] - missing[0] / rows[0]
    if pooled in (0.0, 1.0):
        return Comparison(0.0, 1.0, 0.0)
    error = np.sqrt(pooled * (1 - pooled) / effective_rows(*rows))
    return Comparison(
        difference, float(2 * special.ndtr(-abs(difference) / error)), abs(difference)
    )


def out_of_range(bins: BinCounts) -> Comparison:
    """Share of known numbers below the reference's smallest or above its largest.

    The first bin, and the last but one, hold them. How many of m new values lie beyond both ends of
    n old ones is a matter of ranks, whatever their distribution: as many as come before the second
    old one when all are drawn in random order.
    """
    beyond = int(bins.current[0] + bins.current[-2])
    return _beyond(bins, beyond, expected=2)


def unseen_categories(bins: BinCounts, profile: CategoryProfile) -> Comparison:
    """Share of known values whose category the reference does not have; the last bin but one.

    Categories that the reference has once say how many it does not have yet: a new value is unseen
    about as often as an old one was the only one of its kind (Good and Turing, Good 1953). That is
    an estimate, so it is taken two standard errors higher.
    """
    known = int(bins.reference[:-1].sum())
    rows = np.rint(np.array(list(profile.shares.values())) * known)
    once, twice = (int(np.count_nonzero(rows == times)) for times in (1, 2))
    expected = 1 + once + 2 * np.sqrt(1 + once + 2 * twice)
    return _beyond(bins, int(bins.current[-2]), expected=int(np.ceil(expected)))


def _beyond(bins: BinCounts, beyond: int, expected: int) -> Comparison:
    then, now = int(bins.reference[:-1].sum()), int(bins.current[:-1].sum())
    share = beyond / now
    if not beyond:
        return Comparison(0.0, 1.0, 0.0)
    p_value = stats.hypergeom.cdf(expected - 1, then + now, then, beyond + expected - 1)
    return Comparison(share, float(p_value), share)
