"""Per-class metrics of a multi-class model."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.curves import share_interval
from modelfleet.statistics.decision_rule import Classes
from modelfleet.statistics.results import ClassResult, Estimate

Values = NDArray[np.float64]


def class_results(y: Values, predicted: Values, classes: Classes) -> tuple[ClassResult, ...]:
    """How much of each class is found, and how much of what is called so is it.

    Parameters
    ----------
    y
        The index of each row's class, shape (n,).
    predicted
        Of each class, shape (n, classes).
    classes
        The classes' names; without any there is no result.
    """
    called = predicted.argmax(axis=-1)
    return tuple(_class(name, y == k, called == k) for k, name in enumerate(classes))


def _class(name: str, there: NDArray[np.bool_], called: NDArray[np.bool_]) -> ClassResult:
    """How many rows of a class are found, and how many of those called so are it."""
    right = int((there & called).sum())
    rows, calls = int(there.sum()), int(called.sum())
    return ClassResult(
        name=name,
        rows=rows,
        called=calls,
        recall=_share(right, rows) if rows else Estimate(value=0.0),
        precision=_share(right, calls) if calls else None,
    )


def _share(part: int, whole: int) -> Estimate:
    lower, upper = share_interval(part / whole, whole)
    return Estimate(value=part / whole, lower=lower, upper=upper)
