"""PSI, Jensen-Shannon distance, and chi-square of two samples in the same bins."""

from typing import NamedTuple

import numpy as np
from scipy import special
from scipy.spatial import distance

from modelfleet.statistics.drift.bins import BinCounts, Floats
from modelfleet.statistics.drift.population import stability_index

# Jeffreys' prior: half a row in every bin keeps an empty one from being infinitely far.
_PRIOR = 0.5


class Comparison(NamedTuple):
    """A test's statistic, its p-value, and an effect size that does not grow with the rows."""

    statistic: float
    p_value: float
    effect_size: float


def effective_rows(reference: float, current: float) -> float:
    """What two samples of n and m rows are worth in a test: n m / (n + m)."""
    return reference * current / (reference + current)


def population_stability(bins: BinCounts) -> Comparison:
    """Population stability index of all bins, the special ones included.

    Where both samples are of one population, PSI n m / (n + m) follows a chi-square distribution
    with bins - 1 degrees of freedom (Yurdakul 2018). Its mean is what the effect size is net of.
    """
    found = _present(bins.merged())
    reference, current = _smoothed(found.reference), _smoothed(found.current)
    index = stability_index(reference, current)
    rows, freedom = _rows(found), found.reference.size - 1
    return Comparison(index, _tail(index * rows, freedom), max(0.0, index - freedom / rows))


def jensen_shannon(bins: BinCounts) -> Comparison:
    """Jensen-Shannon distance of all bins, in nats, the special ones included.

    Eight times the divergence, the distance's square, is close to the chi-square statistic of n m /
    (n + m) rows where the samples are (Lin 1991, by expansion).
    """
    found = _present(bins.merged())
    reference = found.reference / found.reference.sum()
    current = found.current / found.current.sum()
    # Rounding may leave the root of a negative number where both are equal.
    away = 0.0 if np.array_equal(reference, current) else distance.jensenshannon(reference, current)
    rows, freedom = _rows(found), found.reference.size - 1
    net = max(0.0, away**2 - freedom / (8 * rows))
    return Comparison(float(away), _tail(8 * away**2 * rows, freedom), float(np.sqrt(net)))


def chi_square(bins: BinCounts) -> Comparison | None:
    """Pearson's test of homogeneity over known values; `None` where they are all in one bin.

    Missing values have a test of their own. Bins that expect fewer than five rows are put together.
    The effect size is Cohen's w, the root of the statistic per row, net of its mean under chance.
    """
    unseen = BinCounts(bins.reference[:-1], bins.current[:-1], np.zeros_like(bins.special[:-1]))
    found = _present(unseen.merged())
    if found.reference.size == 1:
        return None
    table = np.stack([found.reference, found.current])
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic, freedom = float(((table - expected) ** 2 / expected).sum()), table.shape[1] - 1
    net = max(0.0, statistic - freedom) / _rows(found)
    return Comparison(statistic, _tail(statistic, freedom), float(np.sqrt(net)))


def _present(bins: BinCounts) -> BinCounts:
    keep = (bins.reference + bins.current) > 0
    return BinCounts(bins.reference[keep], bins.current[keep], bins.special[keep])


def _smoothed(counts: np.ndarray) -> Floats:
    return np.asarray((counts + _PRIOR) / (counts.sum() + _PRIOR * counts.size))


def _rows(bins: BinCounts) -> float:
    return effective_rows(float(bins.reference.sum()), float(bins.current.sum()))


def _tail(value: float, freedom: int) -> float:
    return float(special.chdtrc(freedom, value)) if freedom else 1.0
