"""How far a column has moved."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.statistics.drift.psi import category_shares, number_shares, stability_index
from modelfleet.statistics.profiling import profile_numbers
from modelfleet.statistics.reference_profile import CategoryProfile

SHARES = st.lists(st.floats(0.01, 1), min_size=2, max_size=8)


def test_the_index_by_hand() -> None:
    """Two bins at one half that become one and three quarters have moved by half of ln 3."""
    moved = stability_index(np.array([0.5, 0.5]), np.array([0.25, 0.75]))
    assert moved == pytest.approx(0.25 * math.log(3))


@given(shares=SHARES)
def test_nothing_that_stays_has_moved(shares: list[float]) -> None:
    """Equal distributions are at distance nought."""
    values = np.array(shares) / sum(shares)
    assert stability_index(values, values) == 0


@given(shares=SHARES)
def test_both_directions_are_alike(shares: list[float]) -> None:
    """The index is never negative, and does not say which came first."""
    before = np.array(shares) / sum(shares)
    after = before[::-1]
    assert stability_index(before, after) >= 0
    assert stability_index(before, after) == pytest.approx(stability_index(after, before))


def test_a_shift_out_of_range_is_a_large_finite_number() -> None:
    """Values beyond every bin of the reference fall into the outermost, and count."""
    rng = np.random.default_rng(0)
    profile = profile_numbers(rng.normal(size=1_000))
    moved = stability_index(
        np.array(profile.shares), number_shares(profile, rng.normal(100, 1, 1_000))
    )
    assert 1 < moved < math.inf


def test_samples_of_the_same_integers_have_not_moved() -> None:
    """Integers with few values are compared value by value."""
    rng = np.random.default_rng(0)
    profile = profile_numbers(rng.integers(0, 5, 2_000).astype(float))
    again = number_shares(profile, rng.integers(0, 5, 2_000).astype(float))
    assert stability_index(np.array(profile.shares), again) < 0.02


def test_missing_values_have_no_bin() -> None:
    """Shares add up to one over what is known."""
    profile = profile_numbers(np.arange(100.0))
    shares = number_shares(profile, np.array([np.nan, 1.0, 50.0]))
    assert shares.sum() == pytest.approx(1)
    assert number_shares(profile, np.array([np.nan])).sum() == 0


def test_categories_of_either_side_are_compared() -> None:
    """A category that came or went has a share of nought on the other side."""
    before = CategoryProfile(missing_share=0, shares={"a": 0.5, "b": 0.5})
    after = CategoryProfile(missing_share=0, shares={"b": 0.5, "c": 0.5})
    then, now = category_shares(before, after)
    assert (then.tolist(), now.tolist()) == ([0.5, 0.5, 0.0], [0.0, 0.5, 0.5])
