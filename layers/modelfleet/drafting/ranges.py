"""Plausible range of a numeric column, inferred from a sample."""

from decimal import ROUND_CEILING, Context

import numpy as np
from numpy.typing import NDArray

# Decimals, because powers of ten near the limits of float64 are not exact.
_EXACT, _UP = Context(prec=10), Context(prec=2, rounding=ROUND_CEILING)


def declared_range(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """Return a range with round bounds, extended on both sides by the width of the sample.

    A bound should catch impossible values, such as a misplaced decimal point, but not new ones.
    Columns without negative values keep 0 as a bound; a column of 0 and 1 is a flag.

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
    """Round up to two significant digits, unless the difference is within float rounding."""
    return float(_UP.create_decimal(_EXACT.create_decimal_from_float(value)))


def _floor(value: float) -> float:
    # Subtract from zero, because a negated zero would be written as -0.
    return 0.0 - _ceil(-value)
