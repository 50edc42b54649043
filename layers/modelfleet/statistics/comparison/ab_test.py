"""An A/B test: which arm is better, how surely, and how many outcomes are missing."""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, variance

_NORMAL = NormalDist()
_TWO_SIDED = 0.975
_POWER = 0.8


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of a mean, by the normal approximation; of fewer than two values, none."""
    if len(values) < 2:  # noqa: PLR2004 -- one value has no variance
        return None
    half = _NORMAL.inv_cdf(_TWO_SIDED) * math.sqrt(variance(values) / len(values))
    mean = fmean(values)
    return mean - half, mean + half


def probability_better(new: Sequence[float], old: Sequence[float]) -> float | None:
    """Probability that the new arm's mean loss is the smaller one.

    Both means have, given the data and no opinion before it, a normal posterior with the standard
    error that was observed (Gelman et al., "Bayesian Data Analysis", 3rd ed., section 4.1).

    Parameters
    ----------
    new, old
        One loss a prediction, lower being better. With fewer than two on either arm, nothing is
        said.
    """
    if min(len(new), len(old)) < 2:  # noqa: PLR2004 -- one value has no variance
        return None
    error = math.sqrt(variance(new) / len(new) + variance(old) / len(old))
    lead = fmean(old) - fmean(new)
    if error == 0.0:
        return 0.5 + math.copysign(0.5, lead) if lead else 0.5
    return _NORMAL.cdf(lead / error)


def outcomes_needed(new: Sequence[float], old: Sequence[float], difference: float) -> int | None:
    """How many outcomes each arm needs to tell a difference four times in five, at 5 % two-sided.

    The usual formula for two means, n = (z_0.975 + z_0.8)^2 (s_new^2 + s_old^2) / d^2 (Chow, Shao
    and Wang, "Sample Size Calculations in Clinical Research", section 3.2).

    Parameters
    ----------
    new, old
        One loss a prediction so far. With fewer than two on either arm, nothing is said.
    difference
        To be told, as a part of the old arm's mean loss; above 0.
    """
    if min(len(new), len(old)) < 2 or not fmean(old):  # noqa: PLR2004 -- one value has no variance
        return None
    quantiles = _NORMAL.inv_cdf(_TWO_SIDED) + _NORMAL.inv_cdf(_POWER)
    absolute = difference * fmean(old)
    return math.ceil(quantiles**2 * (variance(new) + variance(old)) / absolute**2)
