"""Cross-validation folds, stratified by the rarest outcome."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold

from modelfleet.spec.task import Task
from modelfleet.statistics.tasks.by_task import STATISTICS

_FEWEST = 2


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
    if STATISTICS[task].stratified:
        return stratified(y, folds, seed)
    return KFold(folds, shuffle=True, random_state=seed)


def stratified(y: NDArray[np.float64], folds: int, seed: int) -> StratifiedKFold:
    """Shuffled folds, no more than can each hold a row of the rarest outcome, and two at least.

    Parameters
    ----------
    y
        Outcomes 0.0 and 1.0, or the indices of classes, shape (n,).
    folds
        How many, at most.
    seed
        Of the shuffling.
    """
    most = max(_FEWEST, min(folds, rarest(y)))
    return StratifiedKFold(most, shuffle=True, random_state=seed)


def rarest(y: NDArray[np.float64]) -> int:
    """Rows of the rarest outcome, which are 0.0 and 1.0 or the indices of classes."""
    return int(np.bincount(y.astype(np.int64), minlength=_FEWEST).min())
