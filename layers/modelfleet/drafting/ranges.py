"""Infers a plausible range for a number from a sample."""

from decimal import ROUND_CEILING, Context

import numpy as np
from numpy.typing import NDArray

# Decimals, because powers of ten near the smallest and the largest float are none.
_EXACT, _UP = Context(prec=10), Context(prec=2, rounding=ROUND_CEILING)


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
    """Up to two significant digits, unless that is no more than how floats are rounded."""
    return float(_UP.create_decimal(_EXACT.create_decimal_from_float(value)))


def _floor(value: float) -> float:
    # A difference: the negative of 0 would be told as -0.
    return 0.0 - _ceil(-value)
