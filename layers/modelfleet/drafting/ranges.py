"""Infers a plausible range for a number from a sample."""

import math

import numpy as np
from numpy.typing import NDArray

_DIGITS = 2


def declared_range(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """Ends in round numbers, as far beyond the sample's as the sample is wide.

    A bound is there to catch what cannot be, such as a misplaced decimal point, and not what is
    merely new. Numbers that are never negative stay so; 0 and 1 are a flag.

    Parameters
    ----------
    numbers
        Values without NaN, shape (n,) with n > 0.
    """
    low, high = float(numbers.min()), float(numbers.max())
    if set(np.unique(numbers)) <= {0.0, 1.0}:
        return 0.0, 1.0
    span = (high - low) or abs(high) or 1.0
    lower, upper = _floor(low - span), _ceil(high + span)
    return (max(lower, 0.0) if low >= 0 else lower), (
        min(upper, 0.0) if high <= 0 < upper else upper
    )


def _ceil(value: float) -> float:
    """Up to two significant digits."""
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - _DIGITS + 1)
    return float(f"{math.ceil(round(value / step, 9)) * step:.6g}")


def _floor(value: float) -> float:
    # A difference: the negative of 0 would be told as -0.
    return 0.0 - _ceil(-value)
