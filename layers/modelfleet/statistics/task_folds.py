"""Divides training rows into folds as their task asks for it."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold

from modelfleet.spec.model import Task
from modelfleet.statistics.folds import stratified


def divide(task: Task, y: NDArray[np.float64], folds: int, seed: int) -> KFold | StratifiedKFold:
    """Shuffled folds; of a classification each has its part of every outcome.

    Parameters
    ----------
    task
        Classifications are divided by outcome.
    y
        The target, shape (n,).
    folds
        How many, at most.
    seed
        Of the shuffling.
    """
    if task is Task.REGRESSION:
        return KFold(folds, shuffle=True, random_state=seed)
    return stratified(y, folds, seed)
