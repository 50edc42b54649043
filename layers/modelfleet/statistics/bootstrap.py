"""Bootstrap intervals of a metric, or of a difference of two."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.results import Estimate

Values = NDArray[np.float64]
# From how often each row counts, shape (replicates, n), to one value a replicate.
Measure = Callable[[Values], Values]
Name = TypeVar("Name")

LEVEL = 0.95
REPLICATES = 1_000
_LEAST_REPLICATES = 200
_MOST_DRAWS = 20_000_000
_ELEMENTS_AT_ONCE = 2_000_000


def affordable_replicates(rows: int) -> int:
    """As many as leave the cost bounded: fewer where many rows make each of them costly."""
    return max(_LEAST_REPLICATES, min(REPLICATES, _MOST_DRAWS // max(1, rows)))


def resamples(strata: NDArray[np.generic], seed: int, replicates: int) -> Iterator[Values]:
    """How often each row is drawn, in blocks of shape (some replicates, n).

    Rows are drawn with replacement within their stratum, so that each replicate has as many
    positives as the rows themselves (Efron and Tibshirani 1993, section 8.4).

    Parameters
    ----------
    strata
        The stratum of each row, shape (n,).
    seed, replicates
        The same seed gives the same resamples.
    """
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    at_once = max(1, _ELEMENTS_AT_ONCE // strata.size)
    for start in range(0, replicates, at_once):
        count = min(at_once, replicates - start)
        block = np.zeros((count, strata.size))
        for rows in members:
            block[:, rows] = _draws(rng, count, rows.size)
        yield block


def replicate(
    measures: Mapping[Name, Measure],
    strata: NDArray[np.generic],
    seed: int,
    replicates: int = REPLICATES,
) -> dict[Name, Values]:
    """Each measure on the same resamples; arrays of shape (replicates,)."""
    blocks: dict[Name, list[Values]] = {name: [] for name in measures}
    for weights in resamples(strata, seed, replicates):
        for name, measure in measures.items():
            blocks[name].append(measure(weights))
    return {name: np.concatenate(parts) for name, parts in blocks.items()}


def percentile_interval(values: Values) -> tuple[float, float]:
    """The middle 95 % of replicates, shape (replicates,)."""
    lower, upper = np.quantile(values, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return float(lower), float(upper)


def estimates(
    measures: Mapping[Name, Measure],
    strata: NDArray[np.generic],
    seed: int,
    replicates: int = REPLICATES,
    distances: Collection[Name] = (),
) -> dict[Name, Estimate]:
    """Each measure on the rows themselves, with the percentile interval of its replicates.

    Parameters
    ----------
    measures
        From how often each row counts to one value a replicate.
    strata
        The stratum of each row, shape (n,).
    seed, replicates
        Of the resampling.
    distances
        Measures that noise can only make larger, such as a calibration error: resampled rows have
        the noise twice, so the mean of the replicates lies above the value, and the interval is
        moved down by as much, to 0 at most (Efron and Tibshirani 1993, chapter 10).
    """
    drawn = replicate(measures, strata, seed, replicates)
    found = {}
    for name, measure in measures.items():
        value = on_rows(measure, strata.size)
        lower, upper = percentile_interval(drawn[name])
        if name in distances:
            bias = float(drawn[name].mean()) - value
            lower, upper = max(0.0, lower - bias), max(0.0, upper - bias)
        found[name] = Estimate(value=value, lower=lower, upper=upper)
    return found


def on_rows(measure: Measure, rows: int) -> float:
    """A measure in which each row counts once."""
    return float(measure(np.ones((1, rows)))[0])


def _draws(rng: np.random.Generator, replicates: int, rows: int) -> NDArray[np.int64]:
    """How often each of `rows` rows is drawn in as many draws, shape (replicates, rows)."""
    drawn = rng.integers(0, rows, size=(replicates, rows))
    drawn += rows * np.arange(replicates)[:, None]
    return np.bincount(drawn.ravel(), minlength=replicates * rows).reshape(replicates, rows)
