"""Permutation importance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Importance:
    """A column's mean loss over the permutations, and their standard deviation."""

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
    """Shuffle one column at a time and measure again (Breiman 2001, section 10).

    A column whose content another one repeats looks unimportant, because the other still says it.

    Parameters
    ----------
    predict
        From a matrix, shape (n, columns), to predictions, shape (n,).
    matrix, columns
        Held-out rows and the columns' names.
    loss
        Of predictions, shape (n,); more is worse.
    seed, repeats
        Of the permutations, as many a column.

    Returns
    -------
    tuple
        One entry a column, the most important first.
    """
    rng = np.random.default_rng(seed)
    before = loss(predict(matrix))
    found = []
    for number, name in enumerate(columns):
        losses = []
        for _ in range(repeats):
            shuffled = matrix.copy()
            shuffled[:, number] = rng.permutation(matrix[:, number])
            losses.append(loss(predict(shuffled)) - before)
        found.append(Importance(name, float(np.mean(losses)), float(np.std(losses))))
    return tuple(sorted(found, key=lambda importance: -importance.loss))
