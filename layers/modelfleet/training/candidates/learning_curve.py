"""Learning curve: whether more rows would help."""

from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from modelfleet.evaluation.measure import strata
from modelfleet.statistics.results import LearningPoint, Selection
from modelfleet.training.candidates.choose import Chosen
from modelfleet.training.candidates.cross_validate import CrossValidation
from modelfleet.training.candidates.select import mean_and_spread

_SHARES = (0.25, 0.5)
# With fewer rows to fit, scores are mostly noise.
_FEWEST_ROWS = 100


def learned(chosen: Chosen, seed: int, *, generated: bool) -> Selection:
    """Return the choice's selection with its learning curve, if the budget has time for it.

    The chosen pipeline is fitted on a quarter and on half of each fold's training rows, and scored
    on the same left-out rows as in the selection.

    Parameters
    ----------
    chosen
        The choice, which keeps the curve of an earlier attempt.
    seed
        Seed of the samples.
    generated
        Whether the rows are generated, of which there are as many as wanted.
    """
    selection, validation = chosen.selection, chosen.contest.validation
    rows = round(fmean(fitted.size for fitted, _ in validation.folds))
    if selection.learning_curve or selection.learning_note:
        return selection
    if generated:
        return _without(selection, "the rows are generated")
    if rows * min(_SHARES) < _FEWEST_ROWS:
        return _without(selection, "too few rows")
    if not chosen.contest.budget.allows(sum(_SHARES) * chosen.out_of_fold.seconds):
        return _without(selection, "the budget is spent")
    points = [
        _point(round(rows * share), _scores(validation, chosen, share, seed)) for share in _SHARES
    ]
    curve = (*points, _point(rows, chosen.out_of_fold.scores))
    return selection.model_copy(update={"learning_curve": curve})


def _without(selection: Selection, reason: str) -> Selection:
    return selection.model_copy(update={"learning_note": reason})


def _point(rows: int, scores: tuple[float, ...]) -> LearningPoint:
    mean, spread = mean_and_spread(scores)
    return LearningPoint(rows=rows, scores=scores, mean=mean, spread=spread)


def _scores(
    validation: CrossValidation, chosen: Chosen, share: float, seed: int
) -> tuple[float, ...]:
    return tuple(
        validation.score(chosen.pipeline, (_sample(validation, fitted, share, seed), left_out))
        for fitted, left_out in validation.folds
    )


def _sample(
    validation: CrossValidation, rows: NDArray[np.int64], share: float, seed: int
) -> NDArray[np.int64]:
    """Draw a share of the rows of each outcome, at least two of each."""
    rng = np.random.default_rng(seed)
    of = strata(validation.spec, validation.y[rows])
    drawn = [rows[of == value] for value in np.unique(of)]
    counts = [max(min(2, each.size), round(share * each.size)) for each in drawn]
    pairs = zip(drawn, counts, strict=True)
    return np.sort(np.concatenate([rng.choice(each, n, replace=False) for each, n in pairs]))
