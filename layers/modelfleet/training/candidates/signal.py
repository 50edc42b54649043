"""Whether the columns of a small table predict its target at all."""

import numpy as np
import pandas as pd
from imblearn.pipeline import Pipeline
from sklearn.base import clone

from modelfleet.evaluation.compare import Answers
from modelfleet.evaluation.guessing import compare_with_guessing
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import PairedTest
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.target import outcomes
from modelfleet.training.candidates.cross_validate import CrossValidation
from modelfleet.training.candidates.early_stopping import fixed_rounds
from modelfleet.training.candidates.folder import offered_candidates

# With more rows, a fifth of them are enough to tell a model from guessing.
MOST_ROWS = 5_000
_MEMBERS = ("linear", "hist_gradient_boosting")
_ROUNDS = 60


def signal(spec: ModelSpec, rows: pd.DataFrame, seed: int) -> PairedTest | None:
    """Cross-validate a fixed model on all rows, and compare it with guessing.

    The model is the mean of a linear one and of trees with a fixed number of rounds. No row had a
    say in choosing it, so that its predictions of all rows, each by a fit that left the row out,
    are as honest as those of held-out rows, and five times as many.

    Parameters
    ----------
    spec
        The model.
    rows
        Training and held-out rows with their target, shape (n, columns).
    seed
        Seed of the folds and fits.

    Returns
    -------
    PairedTest or None
        The fixed model minus the guess, see `compare_with_guessing`. `None` if there are more than
        `MOST_ROWS` rows, or too few of a class for folds.
    """
    if len(rows) > MOST_ROWS:
        return None
    offered = offered_candidates(spec, outcomes(spec, rows), seed)
    names = [f"{name}_log" if f"{name}_log" in offered else name for name in _MEMBERS]
    try:
        validation = CrossValidation.of(spec, rows, seed)
    except DatasetError:
        return None
    found = [validation.out_of_fold(_fixed(offered[name])) for name in names if name in offered]
    if not found:
        return None
    predicted = np.mean([each.predicted for each in found], axis=0)
    rule = STATISTICS[spec.task].choose_rule(spec, found[0].y, predicted)
    left_out = rows.iloc[found[0].rows].reset_index(drop=True)
    return compare_with_guessing(spec, left_out, Answers("", "", predicted, rule))


def _fixed(pipeline: Pipeline) -> Pipeline:
    """Return the pipeline without early stopping, which would look at the left-out rows."""
    return clone(pipeline).set_params(**fixed_rounds(pipeline, _ROUNDS))
