"""Expected calibration error, and its level under perfect calibration."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.results import CalibrationPoint

Values = NDArray[np.float64]

_BINS = 10
_SIMULATIONS = 500
_ELEMENTS_AT_ONCE = 2_000_000
_NOISE_QUANTILE = 0.975


def bin_of(probability: Values) -> NDArray[np.int64]:
    """The bin of each row, shape (n,): ten bins of equal mass, equal probabilities in the same."""
    edges = np.quantile(probability, np.linspace(0.0, 1.0, _BINS + 1)[1:-1])
    return np.searchsorted(np.unique(edges), probability, side="left")


def binned_error(bins: NDArray[np.int64], gap: Values, weights: Values) -> Values:
    """Expected calibration error of weighted rows.

    The mean over bins, weighted by their rows, of the absolute difference between mean probability
    and share of positives (Naeini, Cooper and Hauskrecht 2015), with bins of equal mass, which
    biases it less than bins of equal width (Nixon et al. 2019; Roelofs et al. 2022).

    Parameters
    ----------
    bins, gap
        Bin and probability minus outcome of each row, shape (n,).
    weights
        How often each row counts, shape (replicates, n).

    Returns
    -------
    ndarray
        Shape (replicates,).
    """
    member = np.eye(int(bins.max()) + 1)[bins]
    per_bin = weights @ (gap[:, None] * member)
    return np.asarray(np.abs(per_bin).sum(axis=1) / weights.sum(axis=1))


def calibration_curve(y: Values, probability: Values) -> tuple[CalibrationPoint, ...]:
    """Mean probability and share of positives in each bin, by rising probability."""
    bins = bin_of(probability)
    return tuple(
        CalibrationPoint(
            predicted=float(probability[bins == number].mean()),
            observed=float(y[bins == number].mean()),
            rows=int((bins == number).sum()),
        )
        for number in np.unique(bins)
    )


def calibration_noise(probability: Values, seed: int) -> float:
    """The error that perfectly calibrated probabilities stay below in 97.5 % of samples.

    Outcomes are drawn from the probabilities themselves (consistency resampling, Bröcker and Smith
    2007): on few rows a perfect model has an error too, and nobody is to blame for that much.
    """
    rng = np.random.default_rng(seed)
    bins = bin_of(probability)
    member = np.eye(int(bins.max()) + 1)[bins]
    at_once = max(1, _ELEMENTS_AT_ONCE // probability.size)
    errors = []
    for start in range(0, _SIMULATIONS, at_once):
        count = min(at_once, _SIMULATIONS - start)
        drawn = rng.random((count, probability.size)) < probability
        errors.append(np.abs((probability - drawn) @ member).sum(axis=1) / probability.size)
    return float(np.quantile(np.concatenate(errors), _NOISE_QUANTILE))
