"""Permutation importance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Importance:
    """A column's mean increase in loss over the permutations, and its standard deviation."""

    column: str
    loss: float
    spread: float


def permutation_importance(
    predict: Callable[[Values], Values],
    matrix: Values,
    columns: Sequence[str],
    owners: Sequence[int],
    loss: Callable[[Values], float],
    seed: int,
    repeats: int,
) -> tuple[Importance, ...]:
    """Measure how much shuffling each column increases the loss (Breiman 2001, section 10).

    Of two redundant columns, each looks unimportant, because the model can rely on the other.

    Parameters
    ----------
    predict
        Maps a matrix, shape (n, inputs), to predictions, shape (n,).
    matrix, columns, owners
        Held-out rows, shape (n, inputs), the column names, and the place of the column that each
        input belongs to; inputs of a column are shuffled together.
    loss
        Loss of predictions, shape (n,); lower is better.
    seed, repeats
        Seed and number of permutations per column.

    Returns
    -------
    tuple
        One entry per column, the most important first.
    """
    rng = np.random.default_rng(seed)
    before = loss(predict(matrix))
    importances = []
    for number, name in enumerate(columns):
        inputs = np.flatnonzero(np.asarray(owners) == number)
        losses = []
        for _ in range(repeats):
            shuffled = matrix.copy()
            shuffled[:, inputs] = rng.permutation(matrix[:, inputs])
            losses.append(loss(predict(shuffled)) - before)
        importances.append(Importance(name, float(np.mean(losses)), float(np.std(losses))))
    return tuple(sorted(importances, key=lambda importance: -importance.loss))
