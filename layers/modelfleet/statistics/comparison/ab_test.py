"""A/B test statistics: the probability that an arm is better, and the sample size needed."""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, variance

_NORMAL = NormalDist()
_TWO_SIDED = 0.975
_POWER = 0.8


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the normal 95 % interval of a mean, or `None` for fewer than two values."""
    if len(values) < 2:  # noqa: PLR2004 -- one value has no variance
        return None
    half = _NORMAL.inv_cdf(_TWO_SIDED) * math.sqrt(variance(values) / len(values))
    mean = fmean(values)
    return mean - half, mean + half


def probability_better(new: Sequence[float], old: Sequence[float]) -> float | None:
    """Return the probability that the new arm's mean loss is lower.

    With a flat prior, each mean has a normal posterior with the observed standard error (Gelman et
    al., "Bayesian Data Analysis", 3rd ed., section 4.1).

    Parameters
    ----------
    new, old
        Loss of each prediction; lower is better.

    Returns
    -------
    float or None
        `None` if an arm has fewer than two losses.
    """
    if min(len(new), len(old)) < 2:  # noqa: PLR2004 -- one value has no variance
        return None
    error = math.sqrt(variance(new) / len(new) + variance(old) / len(old))
    lead = fmean(old) - fmean(new)
    if error == 0.0:
        return 0.5 + math.copysign(0.5, lead) if lead else 0.5
    return _NORMAL.cdf(lead / error)


def outcomes_needed(new: Sequence[float], old: Sequence[float], difference: float) -> int | None:
    """Return the outcomes that each arm needs to detect a difference with 80 % power at 5 %.

    The two-sided formula for two means, n = (z_0.975 + z_0.8)^2 (s_new^2 + s_old^2) / d^2 (Chow,
    Shao and Wang, "Sample Size Calculations in Clinical Research", section 3.2).

    Parameters
    ----------
    new, old
        Loss of each prediction so far.
    difference
        Difference to detect, relative to the old arm's mean loss; above 0.

    Returns
    -------
    int or None
        `None` if an arm has fewer than two losses or the old arm's mean loss is 0.
    """
    if min(len(new), len(old)) < 2 or not fmean(old):  # noqa: PLR2004 -- one value has no variance
        return None
    quantiles = _NORMAL.inv_cdf(_TWO_SIDED) + _NORMAL.inv_cdf(_POWER)
    absolute = difference * fmean(old)
    return math.ceil(quantiles**2 * (variance(new) + variance(old)) / absolute**2)
