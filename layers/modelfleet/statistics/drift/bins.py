"""Counts of reference and current values in shared bins."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Categories:
    """A categorical column: `names[code]` for each row, code -1 for missing.

    `codes` has dtype int32 and shape (n,); `names` may include unused categories.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int32]

    def counts(self) -> tuple[dict[str, int], int]:
        """Return the row count of each category that occurs, and the number of missing values."""
        counts = np.bincount(self.codes + 1, minlength=len(self.names) + 1)
        named = zip(self.names, counts[1:].tolist(), strict=True)
        return {name: count for name, count in named if count}, int(counts[0])


@dataclass(frozen=True)
class BinCounts:
    """Counts of two samples in the same bins, shape (bins,) each.

    `special` marks bins outside the reference's values (below or above its range, or an unseen
    category) and the bin of missing values.
    """

    reference: Counts
    current: Counts
    special: NDArray[np.bool_]


def reference_rows(profile: NumberProfile | CategoryProfile, otherwise: int) -> int:
    """Return the number of values in a profile, or `otherwise` for profiles that lack it."""
    return otherwise if profile.rows is None else profile.rows


def number_bins(profile: NumberProfile, rows: int, ordered: Floats, missing: int) -> BinCounts:
    """Count numbers in a profile's bins.

    Parameters
    ----------
    profile
        Reference profile.
    rows
        Number of values in the profile.
    ordered
        Current values without missing ones, ascending, shape (n,).
    missing
        Number of missing current values.

    Returns
    -------
    BinCounts
        Values below the reference's minimum, its bins, values above its maximum, missing values.
    """
    low, high = _ends(profile)
    below = np.searchsorted(ordered, low, side="left")
    inner = np.searchsorted(ordered, profile.edges, side="right")
    within = np.searchsorted(ordered, high, side="right")
    # A profile of only missing values has a single bin, which stays empty.
    steps = np.array([0, below, *inner, within, ordered.size], dtype=np.int64)
    known = round(rows * (1 - profile.missing_share))
    then = _whole(np.array(profile.shares) * known)
    return BinCounts(
        np.array([0, *then, 0, rows - known], dtype=np.int64),
        np.append(np.diff(steps), missing),
        np.array([True, *[False] * len(profile.shares), True, True]),
    )


def category_bins(profile: CategoryProfile, rows: int, current: Categories) -> BinCounts:
    """Count categories: the profile's in its order, then all unseen ones, then missing."""
    counts, missing = current.counts()
    known = round(rows * (1 - profile.missing_share))
    then = _whole(np.array(list(profile.shares.values())) * known)
    now = [counts.get(name, 0) for name in profile.shares]
    unseen = sum(counts.values()) - sum(now)
    return BinCounts(
        np.array([*then, 0, rows - known], dtype=np.int64),
        np.array([*now, unseen, missing], dtype=np.int64),
        np.array([*[False] * len(now), True, True]),
    )


def _ends(profile: NumberProfile) -> tuple[float, float]:
    if profile.minimum is None or profile.maximum is None:
        return -np.inf, -np.inf
    return profile.minimum, profile.maximum


def _whole(counts: Floats) -> Counts:
    return np.asarray(np.rint(counts), dtype=np.int64)
