"""Rates, and differences and ratios of the rates of independent groups, with intervals."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from modelfleet.statistics.results import Estimate

# Of each interval, unless it is one of several that hold together.
LEVEL = 0.95


class Count(NamedTuple):
    """`part` of `whole` rows; `whole` is positive."""

    part: int
    whole: int

    @property
    def rate(self) -> float:
        """The share."""
        return self.part / self.whole


def rate(count: Count, level: float = LEVEL) -> Estimate:
    """Return a rate with its score interval (Wilson 1927), which stays within 0 and 1."""
    z2 = NormalDist().inv_cdf(0.5 + level / 2) ** 2
    n, p = count.whole, count.rate
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    # Rounding must not leave the rate outside its interval.
    lower, upper = max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))
    return Estimate(value=p, lower=lower, upper=upper)


def difference(one: Count, other: Count, level: float = LEVEL) -> Estimate:
    """Return the difference of two rates with its interval (Newcombe 1998, method 10)."""
    (p1, l1, u1), (p2, l2, u2) = _ends(one, level), _ends(other, level)
    value = p1 - p2
    return Estimate(
        value=value,
        lower=value - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2),
        upper=value + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2),
    )


def ratio(one: Count, other: Count, level: float = LEVEL) -> Estimate | None:
    """Return the ratio of two rates with its interval; `None` if the second rate is 0.

    The interval is MOVER-R (Donner and Zou 2012, "Closed-form confidence intervals for functions of
    the normal mean and standard deviation") on the score intervals of the two rates.
    """
    (p1, l1, u1), (p2, l2, u2) = _ends(one, level), _ends(other, level)
    if p2 == 0.0:
        return None
    product = p1 * p2
    # The published lower end divides by zero where u2 = 2 p2; this form of it does not.
    under, over = l1 * (2 * p1 - l1), u2 * (2 * p2 - u2)
    lower = under / (product + sqrt(max(0.0, product**2 - under * over))) if product else 0.0
    under, over = u1 * (2 * p1 - u1), l2 * (2 * p2 - l2)
    upper = (product + sqrt(max(0.0, product**2 - under * over))) / over
    return Estimate(value=p1 / p2, lower=lower, upper=upper)


def joint_level(comparisons: int) -> float:
    """Return the level at which so many intervals hold together with 95 % (Bonferroni)."""
    return 1.0 - (1.0 - LEVEL) / max(1, comparisons)


def _ends(count: Count, level: float) -> tuple[float, float, float]:
    found = rate(count, level)
    return found.value, found.lower or 0.0, 1.0 if found.upper is None else found.upper
