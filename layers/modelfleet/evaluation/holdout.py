"""A model's predictions on the holdout, as the plots need them."""

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

# Bounds the time: each column scores so many rows so many times.
_IMPORTANCE_ROWS = 1_000
_REPEATS = 3


@dataclass(frozen=True)
class HeldOut:
    """Outcomes and predictions of rows, and what the model went by on them.

    `predicted` has shape (n,), of more than two classes (n, classes).
    `importance_measure` says in which unit, in words.
    """

    y: Values
    predicted: Values
    importance: tuple[Importance, ...] = ()
    importance_measure: str = ""


def held_out(
    spec: ModelSpec, scorer: Scorer, encoding: RowEncoding, rows: pd.DataFrame, seed: int
) -> HeldOut:
    """Score rows by the exported model, and find its permutation importance on some of them.

    Parameters
    ----------
    spec
        The model.
    scorer, encoding
        The exported model.
    rows
        Features and target of rows on which nothing was trained.
    seed
        Of the rows that are taken and of the permutations.
    """
    y = outcomes(spec, rows)
    matrix = np.asarray(encoding.encode(as_rows(rows, encoding.names)), dtype=np.float64)

    def predict(rows_to_score: Values) -> Values:
        return np.asarray(scorer.score(rows_to_score.tolist()), dtype=np.float64)

    chosen = np.random.default_rng(seed).permutation(y.size)[:_IMPORTANCE_ROWS]
    if np.unique(y[chosen]).size < 2:  # noqa: PLR2004 -- nothing to tell apart, so no loss either
        return HeldOut(y, predict(matrix))
    measure, loss = STATISTICS[spec.task].importance
    importance = permutation_importance(
        predict, matrix[chosen], encoding.names, partial(loss, y[chosen]), seed, _REPEATS
    )
    return HeldOut(y, predict(matrix), importance, measure)
