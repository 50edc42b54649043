"""Per-class metrics and top-label calibration of a multiclass model."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.statistics.curves import share_interval
from modelfleet.statistics.decision_rule import Classes
from modelfleet.statistics.results import ClassResult, Estimate

Values = NDArray[np.float64]


def top_label(y: Values, predicted: Values) -> tuple[Values, Values]:
    """Return outcome and probability for calibration, shape (n,) each, of the predicted class."""
    held = np.clip(predicted, 0.0, 1.0)
    if held.ndim == 1:
        return y, held
    return (held.argmax(axis=1) == y).astype(np.float64), held.max(axis=1)


def class_results(y: Values, predicted: Values, rule: Classes) -> tuple[ClassResult, ...]:
    """Return recall and precision of each class.

    Parameters
    ----------
    y
        Class index of each row, shape (n,).
    predicted
        Class probabilities, shape (n, classes).
    rule
        Class names.
    """
    called = predicted.argmax(axis=1)
    return tuple(_class(name, y == k, called == k) for k, name in enumerate(rule))


def _class(name: str, actual: NDArray[np.bool_], called: NDArray[np.bool_]) -> ClassResult:
    """Return recall and precision of one class."""
    right = int((actual & called).sum())
    rows, calls = int(actual.sum()), int(called.sum())
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
