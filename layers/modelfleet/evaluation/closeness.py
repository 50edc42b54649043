"""Closeness of the served model to the judged one."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.results import Closeness

Values = NDArray[np.float64]

# A model that learns every row by heart differs by exactly the judged model's error. Linear models
# come within 1% of its error in simulations, and fits of shuffled outcomes exceed it by a third.
_ALLOWED = 1.1
# An error below this part of the outcomes' own deviation counts as this much: it never matters.
_LEAST_PART = 0.01


def closeness(y: Values, judged: Values, served: Values) -> Closeness:
    """Compare the served and the judged model on the held-out rows that the served one learned.

    Learning these rows moves a prediction towards the outcome, at most all the way: so the served
    model's distance both to the judged one and to the outcomes is at most the judged model's error.
    A larger distance has another cause, and nothing that was judged describes the served model.
    Distances are means of absolute values, over rows and classes.

    Parameters
    ----------
    y
        Outcomes, shape (n,); class indices if the predictions are class probabilities.
    judged, served
        Predictions of the two models, shape (n,) or (n, classes).
    """
    actual = np.eye(judged.shape[1])[y.astype(np.int64)] if judged.ndim > 1 else y
    deviation = _distance(actual, actual.mean(axis=0))
    return Closeness(
        difference=_distance(served, judged),
        learned_error=_distance(actual, served),
        limit=_ALLOWED * max(_distance(actual, judged), _LEAST_PART * deviation),
    )


def _distance(one: Values, other: Values) -> float:
    return float(np.abs(one - other).mean())
