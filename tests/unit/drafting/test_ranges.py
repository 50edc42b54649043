"""The range that a sample of numbers declares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.drafting.limits import NUMBER_MAXIMUM
from modelfleet.drafting.ranges import declared_range

TINY = 5e-324


@pytest.mark.parametrize(
    ("numbers", "ends"),
    [
        ((0, 1), (0, 1)),
        ((10, 50), (0, 90)),
        ((-3, 4), (-10, 11)),
        ((1.1, 2.2), (0, 3.3)),
        ((7, 7), (0, 14)),
        ((-7, -7), (-14, 0)),
        ((0, TINY), (0, 2 * TINY)),
        ((-TINY, TINY), (-3 * TINY, 3 * TINY)),
        ((1e-320, 3e-320), (0, 5e-320)),
        ((-1e38, 1e38), (-3e38, 3e38)),
    ],
)
def test_ends_are_round(numbers: tuple[float, ...], ends: tuple[float, float]) -> None:
    """As far beyond the sample's as it is wide, in two digits, however large or small it is."""
    assert declared_range(np.array(numbers, dtype=np.float64)) == ends


@given(st.lists(st.floats(-NUMBER_MAXIMUM, NUMBER_MAXIMUM), min_size=1))
def test_every_sample_lies_in_its_range(numbers: list[float]) -> None:
    """Both ends are finite, and different from each other."""
    low, high = declared_range(np.array(numbers))
    assert np.isfinite([low, high]).all()
    assert low <= min(numbers)
    assert max(numbers) <= high
    assert low < high
