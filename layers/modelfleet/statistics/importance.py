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
    loss: Callable[[Values], float],
    seed: int,
    repeats: int,
) -> tuple[Importance, ...]:
    """Measure how much shuffling each column increases the loss (Breiman 2001, section 10).

    Of two redundant columns, each looks unimportant, because the model can rely on the other.

    Parameters
    ----------
    predict
        Maps a matrix, shape (n, columns), to predictions, shape (n,).
    matrix, columns
        Held-out rows, shape (n, columns), and the column names.
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
        losses = []
        for _ in range(repeats):
            shuffled = matrix.copy()
            shuffled[:, number] = rng.permutation(matrix[:, number])
            losses.append(loss(predict(shuffled)) - before)
        importances.append(Importance(name, float(np.mean(losses)), float(np.std(losses))))
    return tuple(sorted(importances, key=lambda importance: -importance.loss))
