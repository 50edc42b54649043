"""Counts of reference and current values in the same bins."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

# Below it the chi-square distribution is no longer what counts follow (Cochran 1954).
_LEAST_EXPECTED = 5.0


@dataclass(frozen=True)
class Categories:
    """A category column: `names[code]` for each row, code -1 for missing.

    `codes` are int32, shape (n,); names that no row has do no harm.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int32]

    def counts(self) -> tuple[dict[str, int], int]:
        """Rows by name, and rows without one."""
        found = np.bincount(self.codes + 1, minlength=len(self.names) + 1)
        named = zip(self.names, found[1:].tolist(), strict=True)
        return {name: count for name, count in named if count}, int(found[0])


@dataclass(frozen=True)
class BinCounts:
    """Two samples in the same bins, shape (bins,) each.

    `special` marks the bins that a reference's own values do not fall into, or that hold no value
    at all: below and above its range, unseen, missing.
    """

    reference: Counts
    current: Counts
    special: NDArray[np.bool_]

    def merged(self) -> "BinCounts":
        """Put the ordinary bins that expect too few rows together into one, which comes last."""
        rare = ~self.special & (self._expected() < _LEAST_EXPECTED)
        if np.count_nonzero(rare) < 2:  # noqa: PLR2004  # one bin cannot be put together
            return self
        return BinCounts(
            np.append(self.reference[~rare], self.reference[rare].sum()),
            np.append(self.current[~rare], self.current[rare].sum()),
            np.append(self.special[~rare], False),
        )

    def _expected(self) -> Floats:
        """Rows that the smaller sample would have in each bin if both were alike."""
        pooled = self.reference + self.current
        smaller = min(self.reference.sum(), self.current.sum())
        return np.asarray(pooled / max(pooled.sum(), 1) * smaller)


def reference_rows(profile: NumberProfile | CategoryProfile, otherwise: int) -> int:
    """How many values a profile describes; old ones do not say."""
    return otherwise if profile.rows is None else profile.rows


def number_bins(profile: NumberProfile, rows: int, ordered: Floats, missing: int) -> BinCounts:
    """Count numbers in a profile's bins.

    Parameters
    ----------
    profile
        The reference.
    rows
        How many values it describes.
    ordered
        The current values that are not missing, ascending, shape (n,).
    missing
        How many are.

    Returns
    -------
    BinCounts
        Below the reference's smallest value, its bins, above its largest one, missing.
    """
    low, high = _ends(profile)
    below = np.searchsorted(ordered, low, side="left")
    inner = np.searchsorted(ordered, profile.edges, side="right")
    within = np.searchsorted(ordered, high, side="right")
    # A profile without a known value has one bin, and nothing can lie in it.
    steps = np.array([0, below, *inner, within, ordered.size], dtype=np.int64)
    known = round(rows * (1 - profile.missing_share))
    then = _whole(np.array(profile.shares) * known)
    return BinCounts(
        np.array([0, *then, 0, rows - known], dtype=np.int64),
        np.append(np.diff(steps), missing),
        np.array([True, *[False] * len(profile.shares), True, True]),
    )


def category_bins(profile: CategoryProfile, rows: int, current: Categories) -> BinCounts:
    """Count categories: those of the profile in its order, unseen ones together, missing."""
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


def bin_for_each_value(profile: NumberProfile) -> bool:
    """Whether each of a profile's bins holds one value, so that it is a category in disguise."""
    curve = profile.curve
    return curve is not None and curve.exhaustive and len(curve.points) == len(profile.shares)


def _ends(profile: NumberProfile) -> tuple[float, float]:
    if profile.minimum is None or profile.maximum is None:
        return -np.inf, -np.inf
    return profile.minimum, profile.maximum


def _whole(counts: Floats) -> Counts:
    return np.asarray(np.rint(counts), dtype=np.int64)
