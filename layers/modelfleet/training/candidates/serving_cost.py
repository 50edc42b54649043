"""What a pipeline costs to serve, by its trees, and how to make it smaller."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from imblearn.pipeline import Pipeline
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.pipeline import Pipeline as PlainPipeline
from xgboost import XGBModel

from modelfleet.training.candidates.early_stopping import MORE_ROUNDS, library_of, stops_early
from modelfleet.training.candidates.log_target import LogTarget
from modelfleet.training.candidates.normal_scores import NormalScores

# Processor time per row of 300 trees with 31 leaves, in batches in ONNX Runtime. A tree of other
# leaves takes in proportion to their square root: its depth grows more slowly, and misses of the
# processor's cache become more frequent. Measured with 8 to 500 leaves.
_MICROSECONDS, _TREES, _LEAVES = 10.0, 300, 31
# Of a column's normal score.
_MICROSECONDS_A_COLUMN = 0.13
# A higher learning rate needs fewer rounds; above this one, it costs more than rounds are worth.
_LEARNING_RATE = 0.3
_FORESTS = (
    RandomForestClassifier,
    RandomForestRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
)
_HISTOGRAMS = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
_LIGHTGBM_LEAVES = re.compile(r"^num_leaves=(\d+)$", re.MULTILINE)
# XGBoost declares its default as None.
_DEFAULT_ROUNDS = 100


def microseconds(fitted: Any) -> float:
    """Estimate the processor time per row in batches from a fitted pipeline's trees and columns.

    Work that is not known counts as 0.
    """
    return sum(_of_part(part) for part in _parts(fitted))


def smaller(pipeline: Pipeline, settled: Pipeline, share: float) -> dict[str, Any]:
    """Return the parameters with which a pipeline has about this share of its trees.

    The learning rate of boosting rises as its rounds fall.

    Parameters
    ----------
    pipeline, settled
        The pipeline as it is tried, and as it is fitted to all training rows.
    share
        Wanted share of the trees, below 1.

    Returns
    -------
    dict
        Parameters of `pipeline`; none if it has no trees.
    """
    # The final fit runs more rounds than the folds find best.
    share_of_stop = share / MORE_ROUNDS if stops_early(pipeline) else share
    found: dict[str, Any] = {}
    for name, model in settled.get_params(deep=True).items():
        library = library_of(model)
        if library is None and not isinstance(model, _FORESTS):
            continue
        rounds = f"{name}__{library.rounds if library else 'n_estimators'}"
        values = model.get_params()
        count = values[rounds.removeprefix(f"{name}__")]
        found[rounds] = max(1, round((count or _DEFAULT_ROUNDS) * share_of_stop))
        rate = values.get("learning_rate")
        if library and rate:
            found[f"{name}__learning_rate"] = max(rate, min(_LEARNING_RATE, round(rate / share, 4)))
    return found


def _parts(model: Any) -> Iterator[Any]:
    """Yield the estimators that do the work."""
    inner: list[Any] = []
    if isinstance(model, LogTarget):
        inner = [model.regressor_]
    elif isinstance(model, PlainPipeline):
        inner = [step for _, step in model.steps]
    elif isinstance(model, ColumnTransformer):
        inner = [step for _, step, _ in model.transformers_]
    elif isinstance(model, VotingClassifier | VotingRegressor):
        inner = model.estimators_
    else:
        yield model
    for each in inner:
        yield from _parts(each)


def _of_part(model: Any) -> float:
    if isinstance(model, NormalScores):
        return _MICROSECONDS_A_COLUMN * len(model.curves_)
    leaves = np.array(_leaves(model), dtype=np.float64)
    return float(_MICROSECONDS * np.sqrt(leaves / _LEAVES).sum() / _TREES)


def _leaves(model: Any) -> list[int]:
    """Return the number of leaves of each tree."""
    if isinstance(model, _FORESTS):
        return [tree.tree_.n_leaves for tree in model.estimators_]
    if isinstance(model, _HISTOGRAMS):
        return [tree.get_n_leaf_nodes() for trees in model._predictors for tree in trees]
    if isinstance(model, XGBModel):
        best = getattr(model, "best_iteration", None)
        booster = model.get_booster()
        kept = booster if best is None else booster[: best + 1]
        return [tree.count("leaf=") for tree in kept.get_dump()]
    if library_of(model) is not None:
        # After an early stop, LightGBM writes the trees up to the best round.
        return [int(n) for n in _LIGHTGBM_LEAVES.findall(model.booster_.model_to_string())]
    return []
