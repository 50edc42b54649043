"""Population stability index, and shares of a column in reference bins."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile

Floats = NDArray[np.float64]

# Keeps the logarithm of an empty bin finite: half a row in ten thousand.
_FLOOR = 0.5e-4


def stability_index(reference: Floats, current: Floats) -> float:
    """Compute the population stability index of two distributions over the same bins, (bins,).

    PSI is sum((current - reference) * ln(current / reference)), Siddiqi 2006. Two samples of n and
    m rows from one population have an expected PSI of about (bins - 1) * (1/n + 1/m).
    """
    now, then = np.maximum(current, _FLOOR), np.maximum(reference, _FLOOR)
    return float(np.sum((now - then) * np.log(now / then)))


def number_shares(profile: NumberProfile, values: Floats) -> Floats:
    """Return the shares of values, shape (n,), NaN for missing, in a profile's bins, (bins,)."""
    known = values[~np.isnan(values)]
    bins = np.searchsorted(np.array(profile.edges), known, side="left")
    counts = np.bincount(bins, minlength=len(profile.edges) + 1)
    return counts / max(known.size, 1)


def category_shares(before: CategoryProfile, now: CategoryProfile) -> tuple[Floats, Floats]:
    """Return both profiles' shares over all categories, in alphabetical order."""
    names = sorted({*before.shares, *now.shares})
    pair = [
        np.array([profile.shares.get(name, 0.0) for name in names]) for profile in (before, now)
    ]
    return pair[0], pair[1]
