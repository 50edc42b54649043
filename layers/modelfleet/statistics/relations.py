"""Columns that are most related to a target."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.statistics.metrics.class_measures import one_hot

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_BINS = 20


def strongest(related: Floats, places: Places, most: int) -> Places:
    """Return the most related columns among those at some places, in the order of the places."""
    order = np.argsort(-related[places], kind="stable")[:most]
    return places[np.sort(order)]


def relations(X: Floats, y: Floats, classes: int = 0) -> Floats:
    """Return the share of the target's variance that each column explains, shape (columns,).

    A column is cut into 20 bins of its ranks, so that any dependency counts and not only a linear
    one; missing values are a bin of their own. The share is adjusted for the number of bins. For
    a multiclass target, the best explained class counts.
    """
    ranks = pd.DataFrame(X).rank(pct=True).to_numpy()
    bins = np.where(np.isnan(ranks), _BINS, np.minimum(ranks * _BINS, _BINS - 1)).astype(np.intp)
    target = one_hot(y, classes) if classes else y[:, None]
    centred = target - target.mean(axis=0)
    total = np.maximum((centred**2).sum(axis=0), np.finfo(np.float64).tiny)
    return np.array([_explained(column, centred, total) for column in bins.T])


def _explained(codes: Places, centred: Floats, total: Floats) -> float:
    counts = np.bincount(codes, minlength=_BINS + 1)
    filled = counts[counts > 0]
    if codes.size <= filled.size:
        return 0.0
    sums = np.column_stack([np.bincount(codes, each, _BINS + 1) for each in centred.T])
    share = (sums[counts > 0] ** 2 / filled[:, None]).sum(axis=0) / total
    adjusted = 1.0 - (1.0 - share) * (codes.size - 1) / (codes.size - filled.size)
    return float(adjusted.max())
