"""Distances of curves, beside SciPy's on the rows themselves."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from modelfleet.statistics.drift.bins import Floats
from modelfleet.statistics.drift.numbers import Curve, curve_of, kolmogorov_smirnov, wasserstein
from modelfleet.statistics.profiling import profile_numbers, reference_numbers

FEW = st.lists(st.integers(-20, 20), min_size=2, max_size=80)


def curve(values: Floats) -> Curve:
    """The curve of a reference."""
    found = curve_of(reference_numbers(values), values.size)
    assert found is not None
    return found


def draw(name: str, rng: np.random.Generator, rows: int) -> Floats:
    """A sample of a shape."""
    drawn: dict[str, Callable[[], Floats]] = {
        "even": lambda: rng.normal(size=rows),
        "skewed": lambda: rng.lognormal(3, 1, rows),
        "mostly nought": lambda: np.where(rng.random(rows) < 0.4, 0, rng.normal(100, 30, rows)),
        "whole": lambda: rng.poisson(3, rows).astype(float),
        "two-valued": lambda: (rng.random(rows) < 0.3).astype(float),
        "far away": lambda: 1e9 + rng.normal(size=rows),
    }
    return drawn[name]()


SHAPES = ["even", "skewed", "mostly nought", "whole", "two-valued", "far away"]


@given(then=FEW, now=FEW)
def test_both_are_scipys_where_every_value_is_known(then: list[int], now: list[int]) -> None:
    """With few distinct values the reference's curve is whole, and both distances are exact."""
    reference, current = np.array(then, dtype=float), np.sort(np.array(now, dtype=float))
    tested = kolmogorov_smirnov(curve(reference), current)
    expected = stats.ks_2samp(reference, current, method="asymp")
    assert tested.statistic == pytest.approx(expected.statistic)
    assert tested.p_value == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
    if reference.std():
        moved = wasserstein(curve(reference), current, float(reference.std()))
        assert moved is not None
        scaled = stats.wasserstein_distance(reference, current) / reference.std()
        assert moved.statistic == pytest.approx(scaled)


@pytest.mark.parametrize("shift", [0.0, 0.2, 1.0, 8.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_both_are_close_to_scipys_on_many_values(shape: str, shift: float) -> None:
    """A curve of 129 points is within one of its steps of the rows themselves."""
    rng = np.random.default_rng(3)
    reference, current = draw(shape, rng, 6_000), np.sort(draw(shape, rng, 1_000))
    current += shift * reference.std()
    tested = kolmogorov_smirnov(curve(reference), current).statistic
    exact = stats.ks_2samp(reference, current).statistic
    assert exact - 1 / 128 <= tested <= exact + 1e-9
    moved = wasserstein(curve(reference), current, float(reference.std()))
    assert moved is not None
    scaled = stats.wasserstein_distance(reference, current) / reference.std()
    assert moved.statistic == pytest.approx(scaled, abs=0.012)


def test_a_column_with_one_value_has_no_spread() -> None:
    """Without a spread there is no unit for an area; the value's change is found."""
    constant = curve(np.full(1_000, 5.0))
    assert wasserstein(constant, np.full(100, 6.0), 0.0) is None
    assert kolmogorov_smirnov(constant, np.full(100, 6.0)).statistic == 1
    assert kolmogorov_smirnov(constant, np.full(100, 4.0)).statistic == 1


def test_a_profile_without_a_curve_has_that_of_its_bins() -> None:
    """Bundles from before curves were kept are compared by their bins' edges."""
    rng = np.random.default_rng(4)
    reference, current = rng.normal(size=5_000), np.sort(rng.normal(0.5, 1, 1_000))
    old = curve_of(profile_numbers(reference), 5_000)
    assert old is not None
    assert old.rows == 5_000
    tested = kolmogorov_smirnov(old, current)
    exact = stats.ks_2samp(reference, current).statistic
    assert exact - 0.1 <= tested.statistic <= exact + 1e-9
    assert tested.p_value < 1e-6


def test_no_known_value_has_no_curve() -> None:
    """A reference that is missing throughout has nothing to compare numbers with."""
    assert curve_of(reference_numbers(np.full(10, np.nan)), 10) is None


@pytest.mark.parametrize("shape", ["even", "skewed", "mostly nought", "whole"])
def test_p_values_without_drift_are_not_too_small(shape: str) -> None:
    """A p-value below a twentieth comes at most one time in twenty where nothing has moved."""
    rng = np.random.default_rng(5)
    low = {"ks": 0, "wasserstein": 0}
    for _ in range(400):
        reference, current = draw(shape, rng, 1_000), np.sort(draw(shape, rng, 500))
        low["ks"] += kolmogorov_smirnov(curve(reference), current).p_value < 0.05
        moved = wasserstein(curve(reference), current, float(reference.std()))
        low["wasserstein"] += moved is not None and moved.p_value < 0.05
    assert low["ks"] <= 400 * 0.075
    assert 400 * 0.02 <= low["wasserstein"] <= 400 * 0.08
