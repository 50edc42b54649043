"""Expected calibration error, and its distribution under perfect calibration."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.results import CalibrationPoint

Values = NDArray[np.float64]

_BINS = 10
_SIMULATIONS = 500
_ELEMENTS_AT_ONCE = 2_000_000
_NOISE_QUANTILE = 0.975


def bin_of(probability: Values) -> NDArray[np.int64]:
    """Assign each row to one of ten equal-mass bins, shape (n,); ties share a bin."""
    edges = np.quantile(probability, np.linspace(0.0, 1.0, _BINS + 1)[1:-1])
    return np.searchsorted(np.unique(edges), probability, side="left")


def binned_error(bins: NDArray[np.int64], gap: Values, weights: Values) -> Values:
    """Compute the expected calibration error of weighted rows.

    The error is the mean over bins, weighted by their size, of the absolute difference between
    mean probability and share of positives (Naeini, Cooper and Hauskrecht 2015). Equal-mass bins
    are less biased than equal-width bins (Nixon et al. 2019; Roelofs et al. 2022).

    Parameters
    ----------
    bins
        Bin of each row, shape (n,).
    gap
        Probability minus outcome of each row, shape (n,).
    weights
        Row weights, shape (replicates, n).

    Returns
    -------
    ndarray
        Shape (replicates,).
    """
    member = np.eye(int(bins.max()) + 1)[bins]
    per_bin = weights @ (gap[:, None] * member)
    return np.asarray(np.abs(per_bin).sum(axis=1) / weights.sum(axis=1))


def calibration_curve(y: Values, probability: Values) -> tuple[CalibrationPoint, ...]:
    """Return mean probability and share of positives per bin, by increasing probability."""
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
    """Return the 97.5 % quantile of the calibration error under perfect calibration.

    Outcomes are drawn from the probabilities (consistency resampling, Bröcker and Smith 2007): in
    a small sample, even a perfectly calibrated model has a calibration error above 0.
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
