"""Bootstrap intervals of metrics and of differences between metrics."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.results import Estimate

Values = NDArray[np.float64]
# Maps row weights, shape (replicates, n), to one value per replicate, shape (replicates,).
Measure = Callable[[Values], Values]
Name = TypeVar("Name")

LEVEL = 0.95
REPLICATES = 1_000
_LEAST_REPLICATES = 200
_MOST_DRAWS = 20_000_000
_ELEMENTS_AT_ONCE = 2_000_000


def affordable_replicates(rows: int) -> int:
    """Return the number of replicates that bounds the cost: fewer for larger samples."""
    return max(_LEAST_REPLICATES, min(REPLICATES, _MOST_DRAWS // max(1, rows)))


def resamples(
    strata: NDArray[np.generic],
    seed: int,
    replicates: int,
    groups: NDArray[np.generic] | None = None,
) -> Iterator[Values]:
    """Yield how often each row is drawn, in blocks of shape (block size, n).

    Rows are drawn with replacement within their stratum, so that each replicate has as many
    positives as the sample (Efron and Tibshirani 1993, section 8.4).

    Parameters
    ----------
    strata
        Stratum of each row, shape (n,).
    seed, replicates
        Seed and number of the resamples; the same seed gives the same resamples.
    groups
        Group of each row, shape (n,). Whole groups are drawn, because rows of a group tell less
        than as many unrelated ones; a group is in the highest stratum of its rows (Davison and
        Hinkley 1997, section 3.8).
    """
    rng = np.random.default_rng(seed)
    codes = np.arange(strata.size)
    if groups is not None:
        codes = np.unique(groups, return_inverse=True)[1]
        strata = _of_groups(np.unique(strata, return_inverse=True)[1], codes)
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    at_once = max(1, _ELEMENTS_AT_ONCE // codes.size)
    for start in range(0, replicates, at_once):
        count = min(at_once, replicates - start)
        block = np.zeros((count, strata.size))
        for rows in members:
            block[:, rows] = _draws(rng, count, rows.size)
        yield block if groups is None else block[:, codes]


def _of_groups(strata: NDArray[np.intp], codes: NDArray[np.intp]) -> NDArray[np.intp]:
    highest = np.zeros(codes.max() + 1, dtype=np.intp)
    np.maximum.at(highest, codes, strata)
    return highest


def replicate(
    measures: Mapping[Name, Measure],
    strata: NDArray[np.generic],
    seed: int,
    replicates: int = REPLICATES,
    groups: NDArray[np.generic] | None = None,
) -> dict[Name, Values]:
    """Compute every measure on the same resamples; arrays of shape (replicates,)."""
    blocks: dict[Name, list[Values]] = {name: [] for name in measures}
    for weights in resamples(strata, seed, replicates, groups):
        for name, measure in measures.items():
            blocks[name].append(measure(weights))
    return {name: np.concatenate(parts) for name, parts in blocks.items()}


def percentile_interval(values: Values) -> tuple[float, float]:
    """Return the central 95 % interval of replicates, shape (replicates,)."""
    lower, upper = np.quantile(values, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return float(lower), float(upper)


def estimates(
    measures: Mapping[Name, Measure],
    strata: NDArray[np.generic],
    seed: int,
    replicates: int = REPLICATES,
    distances: Collection[Name] = (),
    groups: NDArray[np.generic] | None = None,
) -> dict[Name, Estimate]:
    """Estimate every measure on the sample, with the percentile interval of its replicates.

    Parameters
    ----------
    measures
        Functions of row weights that return one value per replicate.
    strata
        Stratum of each row, shape (n,).
    seed, replicates
        Seed and number of the resamples.
    distances
        Measures that noise can only increase, such as a calibration error. Resampling adds noise a
        second time, so the mean of the replicates exceeds the estimate; the interval is shifted
        down by this bias, but never below 0 (Efron and Tibshirani 1993, chapter 10).
    groups
        Group of each row, shape (n,); see `resamples`.
    """
    drawn = replicate(measures, strata, seed, replicates, groups)
    results = {}
    for name, measure in measures.items():
        value = on_rows(measure, strata.size)
        lower, upper = percentile_interval(drawn[name])
        if name in distances:
            bias = float(drawn[name].mean()) - value
            lower, upper = max(0.0, lower - bias), max(0.0, upper - bias)
        results[name] = Estimate(value=value, lower=lower, upper=upper)
    return results


def on_rows(measure: Measure, rows: int) -> float:
    """Evaluate a measure on the sample, with a weight of 1 for every row."""
    return float(measure(np.ones((1, rows)))[0])


def _draws(rng: np.random.Generator, replicates: int, rows: int) -> NDArray[np.int64]:
    """Return how often each row is drawn in `rows` draws, shape (replicates, rows)."""
    drawn = rng.integers(0, rows, size=(replicates, rows))
    drawn += rows * np.arange(replicates)[:, None]
    return np.bincount(drawn.ravel(), minlength=replicates * rows).reshape(replicates, rows)
