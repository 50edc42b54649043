"""Missing, out of range, never seen: how often that happens without anything being wrong."""

import numpy as np
import pytest
from scipy import stats

from modelfleet.statistics.drift.bins import BinCounts, Categories, category_bins, number_bins
from modelfleet.statistics.drift.counts import missing_share, out_of_range, unseen_categories
from modelfleet.statistics.profiling import profile_categories, reference_numbers


def counted(missing_then: int, missing_now: int) -> BinCounts:
    """A thousand rows on each side, of which some are missing."""
    then, now = [1_000 - missing_then, missing_then], [1_000 - missing_now, missing_now]
    return BinCounts(np.array(then), np.array(now), np.array([False, True]))


def test_missing_shares_are_compared_like_proportions() -> None:
    """The p-value is that of the two-by-two table, and the statistic the difference."""
    found = missing_share(counted(100, 150))
    table = stats.chi2_contingency([[900, 100], [850, 150]], correction=False)
    assert found.statistic == pytest.approx(0.05)
    assert found.p_value == pytest.approx(table.pvalue)


def test_fewer_missing_values_are_a_difference_too() -> None:
    """The statistic has a sign and the effect size has none."""
    found = missing_share(counted(150, 100))
    assert found.statistic == pytest.approx(-0.05)
    assert found.effect_size == pytest.approx(0.05)


@pytest.mark.parametrize("missing", [0, 1_000])
def test_nothing_missing_on_either_side_is_no_difference(missing: int) -> None:
    """Without a difference that could be there, the p-value is 1."""
    assert missing_share(counted(missing, missing)) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize("rows", [(1_000, 300), (200, 2_000)])
def test_values_out_of_range_come_as_often_as_ranks_say(rows: tuple[int, int]) -> None:
    """Whatever the distribution, p-values below a twentieth are at most one in twenty."""
    rng = np.random.default_rng(6)
    low = 0
    for _ in range(1_000):
        profile = reference_numbers(rng.standard_cauchy(rows[0]))
        bins = number_bins(profile, rows[0], np.sort(rng.standard_cauchy(rows[1])), 0)
        low += out_of_range(bins).p_value < 0.05
    assert 10 <= low <= 65


def test_a_shift_out_of_range_is_found_by_its_range() -> None:
    """All values beyond the largest one of the reference are a share of 1."""
    rng = np.random.default_rng(7)
    profile = reference_numbers(rng.normal(size=1_000))
    found = out_of_range(number_bins(profile, 1_000, np.sort(rng.normal(8, 0.1, 200)), 0))
    assert found.statistic == 1
    assert found.p_value < 1e-100


def test_a_long_tail_of_categories_goes_on() -> None:
    """Where the reference has many categories once, new ones are nothing new."""
    rng = np.random.default_rng(8)
    low = 0
    for _ in range(300):
        drawn = rng.zipf(1.6, 2_500).astype(str).astype(object)
        profile = profile_categories(drawn[:2_000])
        names, codes = np.unique(drawn[2_000:].astype(str), return_inverse=True)
        current = Categories(tuple(names.tolist()), codes.astype(np.int32))
        low += unseen_categories(category_bins(profile, 2_000, current), profile).p_value < 0.05
    assert low <= 300 * 0.08


def test_a_category_out_of_nowhere_is_found() -> None:
    """Three in a hundred of a category that 2,000 rows did not have are no chance."""
    profile = profile_categories(np.array(["a"] * 1_000 + ["b"] * 1_000, dtype=object))
    codes = np.array([0] * 970 + [1] * 30, dtype=np.int32)
    bins = category_bins(profile, 2_000, Categories(("a", "new"), codes))
    found = unseen_categories(bins, profile)
    assert found.statistic == pytest.approx(0.03)
    assert found.p_value < 1e-9
