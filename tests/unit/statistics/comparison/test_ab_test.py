"""What an A/B test says so far is what the textbooks say, and it holds up in simulation."""

import random

import pytest
from scipy import stats

from modelfleet.statistics.comparison.ab_test import (
    mean_interval,
    outcomes_needed,
    probability_better,
)


def losses(seed: int, count: int, mean: float = 0.2) -> list[float]:
    """Losses with a standard deviation of 0.1."""
    rng = random.Random(seed)  # noqa: S311  # repeatable, no secret
    return [rng.gauss(mean, 0.1) for _ in range(count)]


def test_interval_is_scipys() -> None:
    """Of many values, the interval is that of Student's t."""
    values = losses(1, 2_000)
    expected = stats.t.interval(0.95, len(values) - 1, stats.tmean(values), stats.sem(values))
    assert mean_interval(values) == pytest.approx(expected, rel=1e-4)


def test_too_few_outcomes_say_nothing() -> None:
    """One value has no variance."""
    assert mean_interval([0.1]) is None
    assert probability_better([0.1], [0.2, 0.3]) is None
    assert outcomes_needed([0.1, 0.2], [0.2], 0.1) is None
    assert outcomes_needed([0.1, 0.2], [0.0, 0.0], 0.1) is None


def test_the_better_arm_is_probably_better() -> None:
    """A lead of many standard errors is nearly sure, and the two sides add up to one."""
    new, old = losses(1, 500, mean=0.17), losses(2, 500, mean=0.2)
    probability = probability_better(new, old)
    assert probability is not None
    assert probability > 0.99
    assert probability_better(old, new) == pytest.approx(1.0 - probability)


def test_without_any_spread_the_means_decide() -> None:
    """Two arms that are always off by the same are told apart by it."""
    assert probability_better([0.1, 0.1], [0.2, 0.2]) == 1.0
    assert probability_better([0.2, 0.2], [0.1, 0.1]) == 0.0
    assert probability_better([0.2, 0.2], [0.2, 0.2]) == 0.5


def test_as_many_outcomes_as_needed_find_the_difference_four_times_in_five() -> None:
    """The sample size that is asked for has the power that it is asked for."""
    pilot = losses(1, 5_000), losses(2, 5_000)
    needed = outcomes_needed(*pilot, 0.1)
    assert needed == pytest.approx(2 * 0.01 * (1.96 + 0.8416) ** 2 / 0.02**2, rel=0.05)
    assert needed is not None
    p_values = [
        float(stats.ttest_ind(losses(2 * s, needed, 0.18), losses(2 * s + 1, needed)).pvalue)
        for s in range(200)
    ]
    assert 0.72 <= sum(p < 0.05 for p in p_values) / 200 <= 0.88
