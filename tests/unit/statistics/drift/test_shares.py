"""Distances of shares: as SciPy and Evidently have them, and never more than a bin can hold."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from modelfleet.statistics.drift.bins import BinCounts, Categories, category_bins, number_bins
from modelfleet.statistics.drift.shares import (
    chi_square,
    jensen_shannon,
    merged,
    population_stability,
)
from modelfleet.statistics.profiling import profile_categories, reference_numbers

COUNTS = st.lists(st.integers(0, 5_000), min_size=4, max_size=12)


def bins(reference: list[int], current: list[int]) -> BinCounts:
    """Two samples in ordinary bins, and the two bins for what is unseen and missing, empty."""
    special = np.array([False] * len(reference) + [True, True])
    return BinCounts(np.array([*reference, 0, 0]), np.array([*current, 0, 0]), special)


def integers(rng: np.random.Generator, values: int, rows: int) -> BinCounts:
    """Two samples of the same integers in the bins of the first."""
    profile = reference_numbers(rng.integers(0, values, rows).astype(float))
    return number_bins(profile, rows, np.sort(rng.integers(0, values, rows).astype(float)), 0)


@pytest.mark.parametrize(
    ("reference", "current"),
    [([300, 500, 200], [30, 45, 25]), ([900, 100], [70, 30]), ([10] * 8, [20, 5] * 4)],
)
def test_chi_square_is_scipys(reference: list[int], current: list[int]) -> None:
    """Statistic and p-value are those of the contingency table, and the effect is Cohen's w."""
    found = chi_square(bins(reference, current))
    expected = stats.chi2_contingency([reference, current], correction=False)
    assert found is not None
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue)
    rows = sum(reference) * sum(current) / (sum(reference) + sum(current))
    assert found.effect_size == pytest.approx(
        math.sqrt(max(0, expected.statistic - expected.dof) / rows)
    )


def test_bins_that_expect_too_few_rows_are_one() -> None:
    """Ten categories of one row each are no evidence of anything."""
    alone = [0] * 10
    found = chi_square(bins([500, 400, *alone], [50, 40, *[1] * 10]))
    together = stats.chi2_contingency([[500, 400, 0], [50, 40, 10]], correction=False)
    assert found is not None
    assert found.statistic == pytest.approx(together.statistic)
    assert found.p_value == pytest.approx(together.pvalue)


def test_one_bin_has_nothing_to_compare() -> None:
    """A column with a single value on both sides has no chi-square test."""
    assert chi_square(bins([100], [50])) is None


@given(reference=COUNTS, current=COUNTS)
def test_the_jensen_shannon_distance_is_scipys(reference: list[int], current: list[int]) -> None:
    """Whatever the bins hold, the distance is that of the two vectors of shares."""
    size = min(len(reference), len(current))
    counted = bins([*reference[:size], 1], [*current[:size], 1])
    found, compared = jensen_shannon(counted), merged(counted)
    expected = distance.jensenshannon(compared.reference, compared.current)
    assert found.statistic == pytest.approx(expected, abs=1e-7)
    assert found.effect_size <= found.statistic


@given(reference=COUNTS, current=COUNTS)
def test_nothing_is_ever_no_number(reference: list[int], current: list[int]) -> None:
    """However empty the bins are, every statistic is finite and every p-value a probability."""
    size = min(len(reference), len(current))
    then, now = reference[:size], current[:size]
    then[0], now[-1] = then[0] + 1, now[-1] + 1
    for test in (population_stability, jensen_shannon, chi_square):
        found = test(bins(then, now))
        if found is not None:
            assert all(math.isfinite(value) for value in found)
            assert 0 <= found.p_value <= 1
            assert found.effect_size >= 0


def test_the_index_is_the_textbooks_on_large_samples() -> None:
    """Where no bin is empty, half a row in each bin makes no difference."""
    then, now = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.3, 0.3])
    found = population_stability(bins([50_000, 30_000, 20_000], [40_000, 30_000, 30_000]))
    assert found.statistic == pytest.approx(float(np.sum((now - then) * np.log(now / then))), 1e-3)


@pytest.mark.parametrize("values", [2, 5, 11, 40, 300, 5_000])
def test_two_samples_of_the_same_integers_are_alike(values: int) -> None:
    """However many values integers have, two samples of them are near and never at 13."""
    rng = np.random.default_rng(values)
    found = [population_stability(integers(rng, values, 1_000)) for _ in range(20)]
    assert max(index.statistic for index in found) < 0.1
    assert max(index.effect_size for index in found) < 0.05


def test_a_shift_out_of_range_is_far_and_finite() -> None:
    """Values beyond all bins are in bins of their own: neither NaN nor nothing."""
    rng = np.random.default_rng(0)
    profile = reference_numbers(rng.normal(size=5_000))
    counted = number_bins(profile, 5_000, np.sort(rng.normal(8, 1, 1_000)), 0)
    index = population_stability(counted)
    assert 5 < index.statistic < 20
    assert index.p_value < 1e-6


def test_missing_values_have_a_bin() -> None:
    """A column of which a tenth goes missing has moved, though its known values have not."""
    rng = np.random.default_rng(0)
    profile = reference_numbers(rng.normal(size=5_000))
    counted = number_bins(profile, 5_000, np.sort(rng.normal(size=900)), 100)
    assert counted.current[-1] == 100
    assert population_stability(counted).effect_size > 0.2


def test_unseen_categories_have_a_bin() -> None:
    """What the reference does not have is counted, together, beside what is missing."""
    profile = profile_categories(np.array(["a"] * 60 + ["b"] * 40, dtype=object))
    codes = np.array([0] * 30 + [1] * 10 + [2] * 5 + [3] * 4 + [-1], dtype=np.int32)
    counted = category_bins(profile, 100, Categories(("b", "a", "x", "y"), codes))
    assert counted.reference.tolist() == [60, 40, 0, 0]
    assert counted.current.tolist() == [10, 30, 9, 1]


@pytest.mark.parametrize("rows", [100, 1_000, 20_000])
def test_chance_makes_the_index_that_is_taken_off(rows: int) -> None:
    """The index between two samples of one population is (bins - 1)(1/n + 1/m) on average."""
    rng = np.random.default_rng(1)
    found = [population_stability(integers(rng, 10, rows)).statistic for _ in range(300)]
    assert np.mean(found) == pytest.approx(9 * 2 / rows, rel=0.15)


@pytest.mark.parametrize("test", [population_stability, jensen_shannon, chi_square])
def test_p_values_without_drift_are_even(test) -> None:  # type: ignore[no-untyped-def]  # one of three
    """A p-value below a twentieth comes one time in twenty where nothing has moved."""
    rng = np.random.default_rng(2)
    below = np.mean([test(integers(rng, 8, 500)).p_value < 0.05 for _ in range(1_000)])
    assert 0.03 < below < 0.07


def test_the_index_and_the_distance_are_evidentlys() -> None:
    """Category by category Evidently comes to the same PSI and Jensen-Shannon distance."""
    # Importing it takes ten seconds, which no other test here should wait for.
    from evidently.legacy.calculations.stattests.jensenshannon import (  # noqa: PLC0415  # see above
        jensenshannon_stat_test,
    )
    from evidently.legacy.calculations.stattests.psi import (  # noqa: PLC0415  # see above
        psi_stat_test,
    )
    from evidently.legacy.core import ColumnType  # noqa: PLC0415  # see above

    rng = np.random.default_rng(9)
    shares = (np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.4, 0.3, 0.2, 0.1]))
    then, now = (
        rng.choice(np.array(["a", "b", "c", "d"], dtype=object), 20_000, p=p) for p in shares
    )
    profile = profile_categories(then)
    names, codes = np.unique(now.astype(str), return_inverse=True)
    current = Categories(tuple(names.tolist()), codes.astype(np.int32))
    counted = category_bins(profile, 20_000, current)
    sides = (pd.Series(then), pd.Series(now), ColumnType.Categorical, 0.1)
    assert population_stability(counted).statistic == pytest.approx(
        psi_stat_test.func(*sides)[0], rel=1e-3
    )
    assert jensen_shannon(counted).statistic == pytest.approx(
        jensenshannon_stat_test.func(*sides)[0], rel=1e-6
    )
