"""Reference and current distribution of a column, in the compared bins."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from modelfleet.drift.report import Distribution
from modelfleet.pages.numbers import profile_text
from modelfleet.pages.text import OTHERS
from modelfleet.statistics.drift.bins import BinCounts
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile

MISSING = "missing"
UNSEEN = "never seen before"
_MOST_NAMES = 12

Pair = tuple[Distribution, Distribution]


def distributions(profile: NumberProfile | CategoryProfile, bins: BinCounts) -> Pair:
    """Return the reference and current shares by bin, without empty special bins.

    Numbers are in the order of their bins; categories start with the most frequent ones, and the
    others are one bin.
    """
    if isinstance(profile, NumberProfile):
        return _number_distributions(profile, bins)
    return _category_distributions(profile, bins)


def _number_distributions(profile: NumberProfile, bins: BinCounts) -> Pair:
    if profile.minimum is None or profile.maximum is None:
        labels = ["", "", "known", MISSING]
    else:
        low, high = profile_text(profile, profile.minimum), profile_text(profile, profile.maximum)
        labels = [f"below {low}", *_inner(profile), f"above {high}", MISSING]
    return _pair(labels, bins, np.arange(bins.reference.size))


def _category_distributions(profile: CategoryProfile, bins: BinCounts) -> Pair:
    names = np.array([*profile.shares, UNSEEN, MISSING], dtype=object)
    known = np.argsort(-(_shares(bins.reference) + _shares(bins.current))[:-2], kind="stable")
    special = np.arange(names.size - 2, names.size)
    if known.size <= _MOST_NAMES + 1:
        return _pair(names.tolist(), bins, np.append(known, special))
    rest = known[_MOST_NAMES:]
    folded = BinCounts(
        np.append(bins.reference, bins.reference[rest].sum()),
        np.append(bins.current, bins.current[rest].sum()),
        np.append(bins.special, False),
    )
    order = np.concatenate((known[:_MOST_NAMES], [names.size], special))
    return _pair([*names.tolist(), f"{rest.size} {OTHERS}"], folded, order)


def _inner(profile: NumberProfile) -> list[str]:
    if profile.has_a_bin_for_each_value and profile.curve is not None:
        return [profile_text(profile, point) for point in profile.curve.points]
    ends = [profile.minimum or 0.0, *profile.edges, profile.maximum or 0.0]
    texts = [profile_text(profile, end) for end in ends]
    return [f"{low} to {high}" for low, high in pairwise(texts)]


def _pair(labels: list[str], bins: BinCounts, order: NDArray[np.int64]) -> Pair:
    """Make both distributions, without special bins that are empty on both sides."""
    held = (bins.reference + bins.current > 0) | ~bins.special
    shown = [int(place) for place in order if held[place]]
    names = tuple(labels[place] for place in shown)
    sides = (_shares_of(side, shown) for side in (bins.reference, bins.current))
    reference, current = (Distribution(labels=names, shares=shares) for shares in sides)
    return reference, current


def _shares_of(side: NDArray[np.int64], shown: list[int]) -> tuple[float, ...]:
    # The shown bins contain all rows, since folded categories are not shown separately.
    total = max(int(side[shown].sum()), 1)
    return tuple((side[shown] / total).tolist())


def _shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(counts / max(counts.sum(), 1))
