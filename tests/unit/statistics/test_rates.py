"""Rates against published intervals, and the share of intervals that hold the true value."""

import numpy as np
import pytest
from scipy.stats import binomtest

from modelfleet.statistics.rates import Count, difference, joint_level, rate, ratio
from modelfleet.statistics.results import Estimate

# Newcombe 1998, "Interval estimation for the difference between independent proportions", table II,
# method 10.
PUBLISHED = [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((10, 10), (0, 20), (0.6791, 1.0)),
    ((5, 56), (0, 29), (-0.0381, 0.1926)),
]


def ends(found: Estimate | None) -> tuple[float, float]:
    """The bounds of an interval that there is."""
    assert found is not None
    assert found.lower is not None
    assert found.upper is not None
    return found.lower, found.upper


@pytest.mark.parametrize(("one", "other", "bounds"), PUBLISHED)
def test_differences_are_newcombes(
    one: tuple[int, int], other: tuple[int, int], bounds: tuple[float, float]
) -> None:
    """The interval of a difference is the published one."""
    assert ends(difference(Count(*one), Count(*other))) == pytest.approx(bounds, abs=1e-4)


@pytest.mark.parametrize("part", [0, 1, 17, 39, 40])
def test_a_rate_has_the_score_interval(part: int) -> None:
    """SciPy's Wilson interval is the same, at both ends of the range too."""
    known = binomtest(part, 40).proportion_ci(0.99, method="wilson")
    found = ends(rate(Count(part, 40), 0.99))
    assert found == pytest.approx((known.low, known.high), abs=1e-9)


def test_a_ratio_and_its_inverse_agree() -> None:
    """Exchanging the groups inverts the interval, and nothing over nothing has no ratio."""
    one, other = Count(12, 90), Count(30, 110)
    lower, upper = ends(ratio(other, one))
    assert ends(ratio(one, other)) == pytest.approx((1 / upper, 1 / lower))
    nothing = ratio(Count(0, 90), other)
    assert nothing is not None
    assert (nothing.value, nothing.lower) == (0.0, 0.0)
    assert ratio(one, Count(0, 90)) is None


def test_a_bound_that_the_published_form_divides_by_zero_for() -> None:
    """With 100 of 200 positive in the second group, its upper end may be twice its rate."""
    for whole in range(1, 30):
        for part in range(1, whole + 1):
            found = ratio(Count(3, 10), Count(part, whole))
            assert found is not None
            lower, upper = ends(found)
            assert 0.0 < lower <= found.value <= upper < float("inf")


@pytest.mark.parametrize(("p1", "p2"), [(0.1, 0.3), (0.2, 0.2), (0.03, 0.05)])
def test_intervals_hold_the_truth_as_often_as_they_say(p1: float, p2: float) -> None:
    """Of 3,000 intervals, 95 % hold the true difference and the true ratio, within 1.5 points."""
    random = np.random.default_rng(3)
    drawn = zip(random.binomial(150, p1, 3_000), random.binomial(400, p2, 3_000), strict=True)
    held = np.zeros((3_000, 2), dtype=bool)
    for number, (one, other) in enumerate(drawn):
        groups = Count(int(one), 150), Count(int(other), 400)
        low, high = ends(difference(*groups))
        least, most = ends(ratio(*groups))
        held[number] = low <= p1 - p2 <= high, least <= p1 / p2 <= most
    assert np.abs(held.mean(axis=0) - 0.95).max() < 0.015


def test_joint_levels_divide_the_error() -> None:
    """A single comparison keeps its level."""
    assert joint_level(1) == joint_level(0) == pytest.approx(0.95)
    assert joint_level(10) == pytest.approx(0.995)
