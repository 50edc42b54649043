"""Selects among cross-validated candidates within their standard error."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

# Standard errors that another candidate must be ahead of the default. Folds share training rows,
# so their scores say less than as many independent ones, which the error below allows for.
_STANDARD_ERRORS = 2.0


def lead(default: Sequence[float], scores: Sequence[float], *, higher_is_better: bool) -> float:
    """Mean advantage over the default on the same folds, in the metric's unit."""
    sign = 1.0 if higher_is_better else -1.0
    return sign * (fmean(scores) - fmean(default))


def noise(default: Sequence[float], scores: Sequence[float]) -> float:
    """The lead that chance may give: two standard errors of the mean difference over the folds.

    The variance over k folds is multiplied by 1 / k + 1 / (k - 1), the second term being test rows
    over training rows (Nadeau and Bengio 2003, section 3).
    """
    differences = [score - other for score, other in zip(scores, default, strict=True)]
    folds = len(differences)
    share = 1.0 / folds + 1.0 / (folds - 1)
    return _STANDARD_ERRORS * stdev(differences) * math.sqrt(share)


def choose(scores: Mapping[str, Sequence[float]], *, higher_is_better: bool) -> str:
    """The name of the best candidate that leads the first by more than noise, or the first."""
    default = next(iter(scores))
    ahead = {
        name: advantage
        for name, folds in scores.items()
        if (advantage := lead(scores[default], folds, higher_is_better=higher_is_better))
        > noise(scores[default], folds)
    }
    return max(ahead, key=lambda name: ahead[name], default=default)
