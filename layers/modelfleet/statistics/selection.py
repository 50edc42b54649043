"""Selection among cross-validated candidates by mean score and corrected standard error."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

# Standard errors by which scores must differ to be significant. Folds share training rows, so their
# scores are not independent; `noise` corrects for that.
_STANDARD_ERRORS = 2.0
# Leads up to this share of the noise, half a standard error, are ties. A wider tie would give away
# more on average than a smaller model is worth.
_TIE = 0.25


def lead(default: Sequence[float], scores: Sequence[float], *, higher_is_better: bool) -> float:
    """Return the mean lead over the default on the same folds, in the metric's unit."""
    sign = 1.0 if higher_is_better else -1.0
    return sign * (fmean(scores) - fmean(default))


def noise(default: Sequence[float], scores: Sequence[float]) -> float:
    """Return the smallest significant lead: two corrected standard errors of the mean difference.

    The variance over k folds is multiplied by 1 / k + 1 / (k - 1); the second term is the ratio of
    test rows to training rows (Nadeau and Bengio 2003, section 3).
    """
    differences = [score - other for score, other in zip(scores, default, strict=True)]
    folds = len(differences)
    share = 1.0 / folds + 1.0 / (folds - 1)
    return _STANDARD_ERRORS * stdev(differences) * math.sqrt(share)


def ranked(scores: Mapping[str, Sequence[float]], *, higher_is_better: bool) -> list[str]:
    """Return the candidates by mean score, the best first; equal ones in their given order."""
    sign = -1.0 if higher_is_better else 1.0
    return sorted(scores, key=lambda name: sign * fmean(scores[name]))


def best(
    scores: Mapping[str, Sequence[float]], costs: Mapping[str, float], *, higher_is_better: bool
) -> str:
    """Return the candidate with the best mean, or the cheapest of those tied with it.

    Parameters
    ----------
    scores
        Scores on the same folds, by candidate.
    costs
        Cost of serving, by candidate, in any unit.
    higher_is_better
        Direction of the metric.
    """
    leader = ranked(scores, higher_is_better=higher_is_better)[0]
    first = scores[leader]
    tied = [
        name
        for name, folds in scores.items()
        if lead(folds, first, higher_is_better=higher_is_better) <= _TIE * noise(folds, first)
    ]
    return min(tied, key=lambda name: (costs[name], name != leader))


def choose(scores: Mapping[str, Sequence[float]], *, higher_is_better: bool) -> str:
    """Return the best candidate whose lead over the first exceeds the noise, else the first."""
    default = next(iter(scores))
    ahead = {
        name: advantage
        for name, folds in scores.items()
        if (advantage := lead(scores[default], folds, higher_is_better=higher_is_better))
        > noise(scores[default], folds)
    }
    return max(ahead, key=lambda name: ahead[name], default=default)
