"""Predictions and permutation importance on the holdout, for the model card's plots."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.evaluation.scorer import Scorer
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.importance import Importance, permutation_importance
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.encode import as_rows
from modelfleet.tables.encoding import RowEncoding
from modelfleet.tables.target import outcomes

Values = NDArray[np.float64]

# Bound the cost: each column scores this many rows, this many times.
_IMPORTANCE_ROWS = 1_000
_REPEATS = 3


@dataclass(frozen=True)
class HeldOut:
    """Outcomes, predictions, and permutation importance on held-out rows.

    `predicted` has shape (n,), or (n, classes) for more than two classes. `importance_measure`
    names the measure of `importance`.
    """

    y: Values
    predicted: Values
    importance: tuple[Importance, ...] = ()
    importance_measure: str = ""


def held_out(
    spec: ModelSpec, scorer: Scorer, encoding: RowEncoding, rows: pd.DataFrame, seed: int
) -> HeldOut:
    """Score rows with the exported model, and compute permutation importance on a sample of them.

    Parameters
    ----------
    spec
        The model.
    scorer, encoding
        The exported model.
    rows
        Features and target of held-out rows, shape (n, columns).
    seed
        Seed of the sample and of the permutations.
    """
    y = outcomes(spec, rows)
    matrix = np.asarray(encoding.encode(as_rows(rows, encoding.names)), dtype=np.float64)

    def predict(rows_to_score: Values) -> Values:
        return np.asarray(scorer.score(rows_to_score.tolist()), dtype=np.float64)

    chosen = np.random.default_rng(seed).permutation(y.size)[:_IMPORTANCE_ROWS]
    if np.unique(y[chosen]).size < 2:  # noqa: PLR2004 -- importance is undefined
        return HeldOut(y, predict(matrix))
    measure, loss = STATISTICS[spec.task].importance
    importance = permutation_importance(
        predict,
        matrix[chosen],
        encoding.names,
        encoding.owners,
        partial(loss, y[chosen]),
        seed,
        _REPEATS,
    )
    return HeldOut(y, predict(matrix), importance, measure)
