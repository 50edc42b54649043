"""Tests for an increase in missing, out-of-range, or unseen values."""

import numpy as np
from scipy import special, stats

from modelfleet.statistics.drift.bins import BinCounts
from modelfleet.statistics.drift.shares import Comparison, effective_rows
from modelfleet.statistics.reference_profile import CategoryProfile


def missing_share(bins: BinCounts) -> Comparison:
    """Compare the shares of missing values by the two-proportion z-test.

    The last bin holds the missing values. The effect size is the absolute difference.
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
    """Test the share of known values below the reference's minimum or above its maximum.

    The first bin and the last but one hold them. The number of m current values beyond the range of
    n reference values depends on ranks alone, whatever the distribution: it is distributed as the
    number drawn before the second reference value when all are drawn in random order.
    """
    beyond = int(bins.current[0] + bins.current[-2])
    return _beyond(bins, beyond, expected=2)


def unseen_categories(bins: BinCounts, profile: CategoryProfile) -> Comparison:
    """Test the share of known values in categories unseen in the reference, the last bin but one.

    By the Good-Turing estimate (Good 1953), the probability of an unseen category is about the
    share of reference values whose category occurs once. The test adds two standard errors to this
    estimate.
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
