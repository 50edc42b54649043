"""Compares a model's candidates by cross-validation, and takes the default unless one is better."""

from collections.abc import Callable, Mapping
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from modelfleet.domain.evaluation import CandidateScore, Selection
from modelfleet.domain.spec import ModelSpec, Task
from modelfleet.pipelines.folds import divide, rarer
from modelfleet.pipelines.measure import choose_rule, measure_predicted, outcomes
from modelfleet.statistics.selection import choose, lead, noise

FOLDS = 5
# What tells two candidates apart shows on this many rows; more would cost time in Lambda alone.
ROWS = 10_000

Values = NDArray[np.float64]
Progress = Callable[[str], None]


def unheard(_text: str) -> None:
    """Progress that nobody follows."""


def select(
    spec: ModelSpec,
    offered: Mapping[str, Any],
    train: pd.DataFrame,
    seed: int,
    progress: Progress,
) -> Selection | None:
    """Score every candidate on the same folds of the training rows.

    The measure is the gate's primary one. Scores are those before calibration, which no measure of
    ranking can see; the decision rule is chosen on each fold's own rows, for all candidates alike.

    Parameters
    ----------
    spec
        The model.
    offered
        Unfitted pipelines by name, the default first.
    train
        The training rows: features and target. Of more than `ROWS`, a sample is used.
    seed
        Of the sample and the folds.
    progress
        Told of each candidate's score as it comes.

    Returns
    -------
    Selection or None
        `None` where there is nothing to choose from: one candidate, or fewer than two rows of an
        outcome, which leaves none to measure by.
    """
    rows = train.sample(ROWS, random_state=seed) if len(train) > ROWS else train
    y = outcomes(spec, rows)
    if len(offered) == 1 or (spec.task is Task.BINARY and rarer(y) < 2):  # noqa: PLR2004 -- the least to measure by
        return None
    folds = list(divide(spec.task, y, FOLDS, seed).split(rows, y))
    scores = {}
    for name, pipeline in offered.items():
        scores[name] = tuple(_score(spec, pipeline, rows, y, fold) for fold in folds)
        progress(f"{name}: {spec.gate.primary} {fmean(scores[name]):.4f}, {len(folds)} folds")
    return _selection(spec, scores, len(rows))


def _score(
    spec: ModelSpec,
    pipeline: Any,
    rows: pd.DataFrame,
    y: Values,
    fold: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> float:
    fitted_on, left_out = fold
    columns = [column.name for column in spec.features.columns()]
    # One thread, as in the final fit: the sums come out the same at every retry.
    with threadpool_limits(1):
        fitted = clone(pipeline).fit(rows[columns].iloc[fitted_on], y[fitted_on])
        predicted = _predict(spec.task, fitted, rows[columns].iloc[left_out])
    rule = choose_rule(spec, y[left_out], predicted)
    return measure_predicted(spec, y[left_out], predicted, rule)[spec.gate.primary.value]


def _predict(task: Task, fitted: Any, rows: pd.DataFrame) -> Values:
    predicted = (
        fitted.predict(rows) if task is Task.REGRESSION else fitted.predict_proba(rows)[:, 1]
    )
    return np.asarray(predicted, dtype=np.float64)


def _selection(spec: ModelSpec, scores: Mapping[str, tuple[float, ...]], rows: int) -> Selection:
    primary = spec.gate.primary
    chosen = choose(scores, higher_is_better=primary.higher_is_better)
    return Selection(
        metric=primary.value,
        folds=len(scores[chosen]),
        rows=rows,
        candidates=tuple(
            CandidateScore(name=name, scores=folds, mean=fmean(folds), spread=stdev(folds))
            for name, folds in scores.items()
        ),
        chosen=chosen,
        reason=_reason(spec, scores, chosen),
    )


def _reason(spec: ModelSpec, scores: Mapping[str, tuple[float, ...]], chosen: str) -> str:
    default = next(iter(scores))
    if chosen == default:
        return f"{default} is the default, and none is better by more than chance may give"
    better = spec.gate.primary.higher_is_better
    ahead = lead(scores[default], scores[chosen], higher_is_better=better)
    return (
        f"{chosen} is better than the default {default} by {ahead:.4g}, "
        f"more than the {noise(scores[default], scores[chosen]):.4g} that chance may give"
    )
