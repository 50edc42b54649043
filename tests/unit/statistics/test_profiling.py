"""Reference profiles: shares that add up, no value out of range, integers as they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.statistics.profiling import (
    profile_categories,
    profile_numbers,
    reference_numbers,
)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=200))
def test_shares_add_up(values: list[float]) -> None:
    """Whatever the column, bins cover it: shares add up to one and edges ascend."""
    profile = profile_numbers(np.array(values))
    assert sum(profile.shares) == pytest.approx(1.0)
    assert len(profile.shares) == len(profile.edges) + 1
    assert list(profile.edges) == sorted(set(profile.edges))
    assert profile.missing_share == pytest.approx(np.isnan(values).mean())


def test_few_integers_get_a_bin_each() -> None:
    """A column with three values has three bins with the values' own shares."""
    profile = profile_numbers(np.array([1.0, 1.0, 2.0, 4.0]))
    assert profile.edges == (1.0, 2.0)
    assert profile.shares == (0.5, 0.25, 0.25)


def test_quantile_bins_are_even() -> None:
    """A continuous column is cut into ten bins of about a tenth each."""
    profile = profile_numbers(np.random.default_rng(0).normal(size=5_000))
    assert len(profile.shares) == 10
    assert profile.shares == pytest.approx([0.1] * 10, abs=0.001)


def test_column_without_values() -> None:
    """A column that is missing throughout says so."""
    profile = profile_numbers(np.array([np.nan, np.nan]))
    assert (profile.missing_share, profile.mean, profile.edges) == (1.0, None, ())


def test_category_shares() -> None:
    """Categories have their shares among the values that are there."""
    profile = profile_categories(np.array(["a", "b", None, "a"], dtype=object))
    assert profile.shares == pytest.approx({"a": 2 / 3, "b": 1 / 3})
    assert profile.missing_share == pytest.approx(0.25)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400))
def test_a_curve_says_how_many_values_lie_below(values: list[float]) -> None:
    """Each point is a value of the column, with the number of values that are not above it."""
    known = np.array(values)
    curve = reference_numbers(known).curve
    assert curve is not None
    assert set(curve.points) <= set(values)
    assert (curve.points[0], curve.points[-1]) == (known.min(), known.max())
    for point, count in zip(curve.points, curve.counts, strict=True):
        assert count == np.count_nonzero(known <= point)


def test_a_curve_of_few_values_has_them_all() -> None:
    """Integers with few values are known one by one; a continuous column is not."""
    rng = np.random.default_rng(0)
    few = reference_numbers(rng.integers(0, 100, 5_000).astype(float)).curve
    many = reference_numbers(rng.normal(size=5_000)).curve
    assert few is not None
    assert many is not None
    assert (few.exhaustive, len(few.points)) == (True, 100)
    assert not many.exhaustive
    assert max(np.diff(many.counts)) <= 5_000 / 128 + 1


def test_a_column_without_values_has_no_curve() -> None:
    """Where nothing is known there is nothing to draw a curve through."""
    assert reference_numbers(np.array([np.nan])).curve is None
