"""PSI, Jensen-Shannon distance, and chi-squared test of two samples in the same bins."""

from typing import NamedTuple

import numpy as np
from scipy import special
from scipy.spatial import distance

from modelfleet.statistics.drift.bins import BinCounts, Floats
from modelfleet.statistics.drift.population import stability_index

# Jeffreys' prior: half a row per bin keeps the distance to an empty bin finite.
_PRIOR = 0.5
# Below this expected count, the chi-squared approximation fails (Cochran 1954).
_LEAST_EXPECTED = 5.0


class Comparison(NamedTuple):
    """A test statistic, its p-value, and an effect size independent of the sample sizes."""

    statistic: float
    p_value: float
    effect_size: float


def effective_rows(reference: float, current: float) -> float:
    """Return the effective size of two samples of n and m rows: n m / (n + m)."""
    return reference * current / (reference + current)


def population_stability(bins: BinCounts) -> Comparison:
    """Compute the population stability index over all bins, including special ones.

    If both samples come from one population, PSI n m / (n + m) follows a chi-squared distribution
    with bins - 1 degrees of freedom (Yurdakul 2018). The effect size is net of its mean.
    """
    found = _present(merged(bins))
    reference, current = _smoothed(found.reference), _smoothed(found.current)
    index = stability_index(reference, current)
    rows, freedom = _rows(found), found.reference.size - 1
    return Comparison(index, _tail(index * rows, freedom), max(0.0, index - freedom / rows))


def jensen_shannon(bins: BinCounts) -> Comparison:
    """Compute the Jensen-Shannon distance in nats over all bins, including special ones.

    For similar samples, eight times the divergence (the squared distance) times n m / (n + m) is
    close to the chi-squared statistic (by expansion; Lin 1991).
    """
    found = _present(merged(bins))
    reference = found.reference / found.reference.sum()
    current = found.current / found.current.sum()
    # Rounding can give the root of a negative number if both are equal.
    away = 0.0 if np.array_equal(reference, current) else distance.jensenshannon(reference, current)
    rows, freedom = _rows(found), found.reference.size - 1
    net = max(0.0, away**2 - freedom / (8 * rows))
    return Comparison(float(away), _tail(8 * away**2 * rows, freedom), float(np.sqrt(net)))


def chi_square(bins: BinCounts) -> Comparison | None:
    """Compute Pearson's test of homogeneity over known values; `None` if all are in one bin.

    Missing values have a separate test. Bins with an expected count below five are merged. The
    effect size is Cohen's w: the root of the statistic per row, net of its mean under the null
    hypothesis.
    """
    unseen = BinCounts(bins.reference[:-1], bins.current[:-1], np.zeros_like(bins.special[:-1]))
    found = _present(merged(unseen))
    if found.reference.size == 1:
        return None
    table = np.stack([found.reference, found.current])
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic, freedom = float(((table - expected) ** 2 / expected).sum()), table.shape[1] - 1
    net = max(0.0, statistic - freedom) / _rows(found)
    return Comparison(statistic, _tail(statistic, freedom), float(np.sqrt(net)))


def merged(bins: BinCounts) -> BinCounts:
    """Merge the ordinary bins with too low an expected count into one, which comes last."""
    pooled = bins.reference + bins.current
    # The smaller sample's counts if both had the same distribution.
    expected = pooled / max(pooled.sum(), 1) * min(bins.reference.sum(), bins.current.sum())
    rare = ~bins.special & (expected < _LEAST_EXPECTED)
    if np.count_nonzero(rare) < 2:  # noqa: PLR2004  # merging takes two bins
        return bins
    return BinCounts(
        np.append(bins.reference[~rare], bins.reference[rare].sum()),
        np.append(bins.current[~rare], bins.current[rare].sum()),
        np.append(bins.special[~rare], False),
    )


def _present(bins: BinCounts) -> BinCounts:
    keep = (bins.reference + bins.current) > 0
    return BinCounts(bins.reference[keep], bins.current[keep], bins.special[keep])


def _smoothed(counts: np.ndarray) -> Floats:
    return np.asarray((counts + _PRIOR) / (counts.sum() + _PRIOR * counts.size))


def _rows(bins: BinCounts) -> float:
    return effective_rows(float(bins.reference.sum()), float(bins.current.sum()))


def _tail(value: float, freedom: int) -> float:
    return float(special.chdtrc(freedom, value)) if freedom else 1.0
