"""Gradient boosting that stops on left-out rows, by the settings of each library.

A candidate asks for it with its library's own parameter: `early_stopping_round` (LightGBM),
`early_stopping_rounds` (XGBoost), or `early_stopping=True` (scikit-learn).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from imblearn.pipeline import Pipeline
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from xgboost import XGBModel

from modelfleet.training.candidates.log_target import LogTarget

Matrix = NDArray[np.float64]
LeftOut = tuple[Matrix, Matrix]


@dataclass(frozen=True)
class Library:
    """How a library stops early: its parameters, and the fit that returns the best round."""

    switch: str
    off: Any
    rounds: str
    fit: Callable[[Any, Matrix, Matrix, LeftOut], int]


def _fit_lightgbm(model: Any, X: Matrix, y: Matrix, left_out: LeftOut) -> int:
    model.fit(X, y, eval_X=left_out[0], eval_y=left_out[1])
    return int(model.best_iteration_)


def _fit_xgboost(model: Any, X: Matrix, y: Matrix, left_out: LeftOut) -> int:
    model.fit(X, y, eval_set=[left_out], verbose=False)
    return int(model.best_iteration) + 1


def _fit_histogram(model: Any, X: Matrix, y: Matrix, left_out: LeftOut) -> int:
    model.fit(X, y, X_val=left_out[0], y_val=left_out[1])
    # The first score is that of the base value, before any tree.
    best = max(1, int(np.argmax(model.validation_score_)))
    # Unlike the other libraries, scikit-learn predicts with the trees of all rounds.
    del model._predictors[best:]
    return best


# The folds were fitted on fewer rows than the final pipeline, which needs a few more rounds.
MORE_ROUNDS = 1.1
# scikit-learn's own "auto" holds rows back from the training rows, which needs no left-out ones.
_NOT_ASKED = (None, False, 0, "auto")
_LIGHTGBM = Library("early_stopping_round", 0, "n_estimators", _fit_lightgbm)
_XGBOOST = Library("early_stopping_rounds", None, "n_estimators", _fit_xgboost)
_HISTOGRAM = Library("early_stopping", False, "max_iter", _fit_histogram)


def stops_early(pipeline: Pipeline) -> bool:
    """Return whether the pipeline's last step asks for early stopping."""
    return _switched_on(pipeline.steps[-1][1]) is not None


def fit_stopping(pipeline: Pipeline, X: Any, y: Matrix, left_out: tuple[Any, Matrix]) -> int:
    """Fit a pipeline in place until it is no longer better on the left-out rows.

    Steps before the last are fitted on the training rows alone; samplers leave the left-out rows
    as they are.

    Parameters
    ----------
    pipeline
        Pipeline that asks for early stopping; afterwards it predicts as after the best round.
    X, y
        Training rows and their target.
    left_out
        Rows and target that decide.

    Returns
    -------
    int
        The best number of rounds.
    """
    held, held_y = left_out
    for _, step in pipeline.steps[:-1]:
        if hasattr(step, "fit_resample"):
            X, y = step.fit_resample(X, y)
        else:
            X, held = step.fit_transform(X, y), step.transform(held)
    return _fit_last(pipeline.steps[-1][1], X, y, (held, held_y))


def fixed_rounds(pipeline: Pipeline, rounds: int) -> Mapping[str, Any]:
    """Return the parameters with which the pipeline runs this number of rounds, without a stop."""
    name, last = pipeline.steps[-1]
    library = _switched_on(last)
    if library is None:
        return {}
    prefix = f"{name}__regressor__" if isinstance(last, LogTarget) else f"{name}__"
    return {f"{prefix}{library.switch}": library.off, f"{prefix}{library.rounds}": rounds}


def _fit_last(model: Any, X: Matrix, y: Matrix, left_out: LeftOut) -> int:
    if isinstance(model, LogTarget):
        model.regressor_, learned = model.regressor, model.learned(y)
        held = (left_out[0], np.log(left_out[1]) - model.level_)
        return _fit_last(model.regressor_, X, learned, held)
    library = _switched_on(model)
    if library is None:
        raise TypeError(f"{type(model).__name__} does not stop early")
    return library.fit(model, X, y, left_out)


def _switched_on(model: Any) -> Library | None:
    if isinstance(model, LogTarget):
        return _switched_on(model.regressor)
    library = library_of(model)
    if library is None or model.get_params().get(library.switch) in _NOT_ASKED:
        return None
    return library


def library_of(model: Any) -> Library | None:
    """Return how the library of a gradient boosting stops early; `None` for other estimators."""
    if isinstance(model, XGBModel):
        return _XGBOOST
    if isinstance(model, HistGradientBoostingClassifier | HistGradientBoostingRegressor):
        return _HISTOGRAM
    # By name, because LightGBM cannot be imported on a system without an OpenMP runtime.
    return _LIGHTGBM if type(model).__module__.startswith("lightgbm.") else None
