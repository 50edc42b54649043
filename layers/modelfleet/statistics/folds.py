"""Stratified cross-validation folds."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold

from modelfleet.spec.task import Task
from modelfleet.statistics.tasks.by_task import STATISTICS

_FEWEST = 2


def divide(task: Task, y: NDArray[np.float64], folds: int, seed: int) -> KFold | StratifiedKFold:
    """Return shuffled folds, stratified for classification.

    Parameters
    ----------
    task
        The model's task.
    y
        Target, shape (n,).
    folds
        Number of folds; fewer if the rarest class has fewer rows.
    seed
        Seed of the shuffle.
    """
    if STATISTICS[task].stratified:
        return stratified(y, folds, seed)
    return KFold(folds, shuffle=True, random_state=seed)


def stratified(y: NDArray[np.float64], folds: int, seed: int) -> StratifiedKFold:
    """Return shuffled, stratified folds: at most one per row of the rarest class, at least two.

    Parameters
    ----------
    y
        Outcomes 0.0 and 1.0, or class indices, shape (n,).
    folds
        Maximum number of folds.
    seed
        Seed of the shuffle.
    """
    most = max(_FEWEST, min(folds, rarest(y)))
    return StratifiedKFold(most, shuffle=True, random_state=seed)


def rarest(y: NDArray[np.float64]) -> int:
    """Count the rows of the rarest class; `y` holds outcomes 0.0 and 1.0, or class indices."""
    return int(np.bincount(y.astype(np.int64), minlength=_FEWEST).min())
