"""Selection among cross-validated candidates by the corrected standard error."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

# Standard errors by which a candidate must beat the default. Folds share training rows, so their
# scores are not independent; `noise` corrects for that.
_STANDARD_ERRORS = 2.0


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
