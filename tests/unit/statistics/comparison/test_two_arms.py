"""Two arms are told apart where they differ, and left alone where chance explains it."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from modelfleet.statistics.comparison.two_arms import (
    binomial_tail,
    chi_squared_tail,
    excess_p_value,
    loss_excess_p_value,
    quantile,
    quantile_excess_p_value,
    shift,
)


@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.01, 0.99))
def test_binomial_tail_is_scipys(successes: int, trials: int, share: float) -> None:
    """The tail of the binomial distribution agrees with SciPy's."""
    expected = stats.binom.sf(successes - 1, trials, share)
    assert binomial_tail(successes, trials, share) == pytest.approx(expected, abs=1e-9)


@given(st.integers(1, 80), st.integers(1, 80), st.data())
def test_excess_is_fishers_exact_test(trials: int, old_trials: int, data: st.DataObject) -> None:
    """The one-sided p-value agrees with SciPy's Fisher test."""
    events = data.draw(st.integers(0, trials))
    old_events = data.draw(st.integers(0, old_trials))
    table = np.array([[events, trials - events], [old_events, old_trials - old_events]])
    expected = stats.fisher_exact(table, alternative="greater").pvalue
    found = excess_p_value((events, trials), (old_events, old_trials))
    assert found == pytest.approx(expected, abs=1e-7)


def test_no_trials_say_nothing() -> None:
    """An arm that nobody asked is no evidence against the other."""
    assert excess_p_value((0, 0), (0, 10)) == 1.0
    assert quantile_excess_p_value([], [1.0], 0.95, 1.5) == 1.0
    assert shift([], [1.0] * 20) == (0.0, 1.0)
    assert loss_excess_p_value([1.0], [1.0, 2.0], 0.1) == 1.0


@pytest.mark.parametrize(("value", "degrees"), [(9.0, 9), (21.7, 9), (3.0, 4), (27.9, 9)])
def test_chi_squared_tail_is_near_scipys(value: float, degrees: int) -> None:
    """Wilson and Hilferty's approximation is within a few per cent of the tail."""
    assert chi_squared_tail(value, degrees) == pytest.approx(stats.chi2.sf(value, degrees), rel=0.1)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(0.01, 0.99))
def test_quantile_covers_its_share(values: list[float], share: float) -> None:
    """At least that part of the values is not above the quantile."""
    covered = sum(value <= quantile(values, share) for value in values)
    assert covered >= share * len(values) - 1e-6


def test_slow_arm_is_seen_on_few_requests() -> None:
    """Thirty requests on each side suffice where one arm takes three times as long."""
    rng = random.Random(1)  # noqa: S311  # repeatable, no secret
    old = [rng.lognormvariate(1.0, 0.3) for _ in range(30)]
    slow = [value * 3 for value in old]
    limit = 1.5 * quantile(old, 0.95)
    assert quantile_excess_p_value(slow, old, 0.95, limit) < 1e-6
    assert quantile_excess_p_value(old, old, 0.95, limit) > 0.05


def test_shifted_scores_are_seen() -> None:
    """A shift has a large index that chance does not explain; the same population has neither."""
    rng = random.Random(2)  # noqa: S311  # repeatable, no secret
    old, same = ([rng.betavariate(2, 5) for _ in range(500)] for _ in range(2))
    index, p_value = shift([min(score + 0.2, 1.0) for score in same], old)
    assert index > 0.25
    assert p_value < 1e-6
    index, p_value = shift(same, old)
    assert index < 0.1
    assert p_value > 0.01


def test_out_of_range_scores_count() -> None:
    """Scores beyond everything that the old arm gave lie in a bin, not nowhere."""
    old = [number / 1000 for number in range(1000)]
    index, _ = shift([5.0] * 100, old)
    assert index > 1.0
    assert math.isfinite(index)


def test_constant_scores_are_compared() -> None:
    """Arms that always answer the same are compared too."""
    index, _ = shift([0.5] * 50, [0.5] * 50)
    assert index == pytest.approx(0.0, abs=0.2)
    assert shift([0.9] * 50, [0.5] * 50)[0] > 1.0


def test_losses_are_compared_beyond_a_margin() -> None:
    """A loss that is half as large again is worse, one that is 2 % larger is not."""
    rng = random.Random(3)  # noqa: S311  # repeatable, no secret
    old = [rng.expovariate(1.0) for _ in range(800)]
    assert loss_excess_p_value([1.5 * loss for loss in old], old, 0.1) < 0.001
    assert loss_excess_p_value([1.02 * loss for loss in old], old, 0.1) > 0.5
    assert loss_excess_p_value([1.0, 1.0], [1.0, 1.0], 0.1) == 1.0
