"""The fleet's own candidates, which every model has."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from imblearn.pipeline import Pipeline
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from xgboost import XGBClassifier, XGBRegressor

from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.training.candidates.building_blocks import (
    Real,
    SearchSpace,
    Whole,
    linear_inputs,
)
from modelfleet.training.candidates.log_target import LogTarget, is_skewed
from modelfleet.training.candidates.resample import is_imbalanced, resampled

Values = NDArray[np.float64]

ROUNDS = 1_500
LEARNING_RATE = 0.05
# Rounds without an improvement on the left-out rows. At this learning rate, losses are flat around
# their best, and fewer stop in a bump.
PATIENCE = 50
_LOG = "_log"
_LAST = "estimate"


def _spaces(name: str, space: SearchSpace) -> dict[str, SearchSpace]:
    """Return the search spaces of a candidate and of its regression of the logarithm."""
    return {
        name: {f"{_LAST}__{parameter}": values for parameter, values in space.items()},
        f"{name}{_LOG}": {
            f"{_LAST}__regressor__{parameter}": values for parameter, values in space.items()
        },
    }


_LEAF_WISE: SearchSpace = {
    "num_leaves": Whole(7, 127, log=True),
    "min_child_samples": Whole(5, 100, log=True),
    "colsample_bytree": Real(0.4, 1.0),
    "reg_lambda": Real(1e-3, 30.0, log=True),
}
SEARCH: Mapping[str, SearchSpace] = {
    **_spaces("lightgbm", _LEAF_WISE),
    **_spaces("lightgbm_shallow", _LEAF_WISE),
    **_spaces(
        "xgboost",
        {
            "max_depth": Whole(3, 9),
            "min_child_weight": Whole(1, 30, log=True),
            "subsample": Real(0.5, 1.0),
            "colsample_bytree": Real(0.4, 1.0),
        },
    ),
    **_spaces(
        "hist_gradient_boosting",
        {
            "max_leaf_nodes": Whole(7, 127, log=True),
            "min_samples_leaf": Whole(5, 100, log=True),
            "l2_regularization": Real(1e-3, 30.0, log=True),
        },
    ),
}


def fleet_candidates(spec: ModelSpec, y: Values, seed: int) -> dict[str, Pipeline]:
    """Return unfitted pipelines over the encoded matrix by name, the most promising first.

    Where the target, shape (n,), is positive and skewed, its logarithm is learned too. Where the
    spec declares resampling and the classes of the target call for it, the first candidate is also
    tried with it.
    """
    return {
        name: Pipeline([*steps, (_LAST, estimator)])
        for name, steps, estimator in _offered(spec, y, seed)
    } | _resampled(spec, y, seed)


Steps = list[tuple[str, Any]]


def _offered(spec: ModelSpec, y: Values, seed: int) -> Iterator[tuple[str, Steps, Any]]:
    method = STATISTICS[spec.task].method
    inputs: Steps = [("prepare", linear_inputs(spec.features.columns()))]
    steps: dict[str, Steps] = {"linear": inputs}
    estimators = _ESTIMATORS[method](seed)
    logarithms = method == "predict" and is_skewed(y)
    for name, estimator in estimators.items():
        yield name, steps.get(name, []), estimator
        if logarithms:
            yield name + _LOG, steps.get(name, []), LogTarget(estimator)


def _resampled(spec: ModelSpec, y: Values, seed: int) -> dict[str, Pipeline]:
    if not is_imbalanced(spec.resampling, y):
        return {}
    name, estimator = next(iter(_classifiers(seed).items()))
    return {f"{name}_resampled": resampled(spec, estimator, seed)}


def _classifiers(seed: int) -> dict[str, BaseEstimator]:
    return {
        **_lightgbm("LGBMClassifier", seed),
        "linear": LogisticRegression(max_iter=1_000),
        "xgboost": XGBClassifier(**_xgboost(seed)),
        "hist_gradient_boosting": HistGradientBoostingClassifier(**_histogram(seed)),
    }


def _regressors(seed: int) -> dict[str, BaseEstimator]:
    return {
        **_lightgbm("LGBMRegressor", seed),
        "linear": Ridge(),
        "xgboost": XGBRegressor(**_xgboost(seed)),
        "hist_gradient_boosting": HistGradientBoostingRegressor(**_histogram(seed)),
    }


_ESTIMATORS = {"predict_proba": _classifiers, "predict": _regressors}


def _lightgbm(kind: str, seed: int) -> dict[str, BaseEstimator]:
    """Return LightGBM, or nothing on a system without the OpenMP runtime that it needs.

    Where there is little to learn from few rows, shallow trees of sampled columns win.
    """
    try:
        import lightgbm  # noqa: PLC0415
    except OSError:
        return {}
    common = {
        "n_estimators": ROUNDS,
        "learning_rate": LEARNING_RATE,
        "early_stopping_round": PATIENCE,
        "deterministic": True,
        "force_row_wise": True,
        "n_jobs": 1,
        "random_state": seed,
        "verbosity": -1,
    }
    model = getattr(lightgbm, kind)
    return {
        "lightgbm": model(**common),
        "lightgbm_shallow": model(
            **common, num_leaves=8, colsample_bytree=0.7, subsample=0.8, subsample_freq=1
        ),
    }


def _xgboost(seed: int) -> dict[str, Any]:
    return {
        "n_estimators": ROUNDS,
        "learning_rate": LEARNING_RATE,
        "early_stopping_rounds": PATIENCE,
        "tree_method": "hist",
        "n_jobs": 1,
        "random_state": seed,
    }


def _histogram(seed: int) -> dict[str, Any]:
    return {
        "max_iter": ROUNDS,
        "learning_rate": LEARNING_RATE,
        "early_stopping": True,
        "n_iter_no_change": PATIENCE,
        "random_state": seed,
    }
