"""The estimate of what a pipeline costs to serve, and pipelines made smaller."""

from collections import Counter
from typing import Any

import numpy as np
import onnx
import pytest
from imblearn.pipeline import Pipeline
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.base import clone
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    VotingRegressor,
)
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline as PlainPipeline
from xgboost import XGBClassifier, XGBRegressor

from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.catalogue import find
from modelfleet.training.candidates.early_stopping import fit_stopping, fixed_rounds
from modelfleet.training.candidates.fleet import fleet_candidates
from modelfleet.training.candidates.log_target import LogTarget
from modelfleet.training.candidates.normal_scores import NormalScores
from modelfleet.training.candidates.serving_cost import microseconds, smaller

COLUMNS = 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, COLUMNS))
Y = np.exp(X[:, 0] + RNG.normal(0.0, 0.5, 400))
CLASSES = np.digitize(Y, [0.5, 1.0, 2.0]).astype(float)


def exported_cost(pipeline: PlainPipeline) -> float:
    """The same cost of the trees in an export."""
    content = OnnxExporter().export(pipeline, COLUMNS, None)
    total = 0.0
    for node in onnx.load_from_string(content).graph.node:
        found = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        kinds = [bytes(mode) for mode in found.get("nodes_modes", ())]
        pairs = zip(found.get("nodes_treeids", ()), kinds, strict=True)
        leaves = Counter(tree for tree, kind in pairs if kind == b"LEAF")
        total += sum(np.sqrt(count / 31) for count in leaves.values())
    return 10.0 * total / 300


def members() -> list[tuple[str, Any]]:
    """A value's boosters, one of them of its logarithm."""
    return [
        (
            "a",
            PlainPipeline(
                [("e", LogTarget(LGBMRegressor(n_estimators=5, n_jobs=1, verbosity=-1)))]
            ),
        ),
        ("b", PlainPipeline([("e", XGBRegressor(n_estimators=5, n_jobs=1, max_depth=3))])),
        ("c", PlainPipeline([("e", HistGradientBoostingRegressor(max_iter=5))])),
    ]


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (LGBMClassifier(n_estimators=7, n_jobs=1, verbosity=-1), CLASSES),
        (XGBClassifier(n_estimators=7, n_jobs=1), CLASSES),
        (RandomForestClassifier(7, min_samples_leaf=3), CLASSES),
        (VotingRegressor(members()), Y),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_estimate_counts_the_exported_trees(estimator: Any, y: np.ndarray) -> None:
    """Each library's trees and leaves are those that are served."""
    pipeline = PlainPipeline([("estimate", estimator)]).fit(X, y)
    assert microseconds(pipeline) == pytest.approx(exported_cost(pipeline))


def test_three_hundred_trees_of_thirty_one_leaves_take_ten_microseconds() -> None:
    """It is what one measures in batches, on one core."""
    model = LGBMRegressor(n_estimators=300, min_child_samples=1, n_jobs=1, verbosity=-1)
    assert microseconds(Pipeline([("e", model)]).fit(X, Y)) == pytest.approx(10.0, rel=0.05)


def test_a_column_of_a_linear_model_costs_something() -> None:
    """Its curve has many segments, and the model no trees."""
    pipeline = Pipeline([("prepare", NormalScores()), ("estimate", Ridge())]).fit(X, Y)
    assert microseconds(pipeline) == pytest.approx(COLUMNS * 0.13)


@pytest.mark.parametrize("name", ["lightgbm_log", "xgboost", "hist_gradient_boosting"])
def test_rounds_after_the_best_are_not_served(name: str) -> None:
    """A fit that stopped early counts the trees that predict."""
    pipeline = clone(fleet_candidates(find("carvision"), Y, 1)[name])
    rounds = fit_stopping(pipeline, X[:300], Y[:300], (X[300:], Y[300:]))
    fixed = clone(fleet_candidates(find("carvision"), Y, 1)[name])
    fixed.set_params(**fixed_rounds(fixed, rounds)).fit(X[:300], Y[:300])
    assert microseconds(pipeline) == pytest.approx(microseconds(fixed), rel=0.02)


@pytest.mark.parametrize(
    "name", ["lightgbm", "lightgbm_shallow_log", "xgboost_log", "hist_gradient_boosting"]
)
def test_a_smaller_booster_learns_faster(name: str) -> None:
    """A third of the final rounds is left, at three times the learning rate."""
    pipeline = fleet_candidates(find("carvision"), Y, 1)[name]
    settled = clone(pipeline).set_params(**fixed_rounds(pipeline, 330))
    changed = smaller(pipeline, settled, 1 / 3)
    assert sorted(changed.values()) == [0.15, 100]
    clone(pipeline).set_params(**changed)


def test_forests_lose_trees_and_linear_models_nothing() -> None:
    """A pipeline without trees cannot be made smaller."""
    forest = Pipeline([("estimate", RandomForestClassifier(90))])
    assert smaller(forest, forest, 0.5) == {"estimate__n_estimators": 45}
    assert smaller(forest, forest, 1e-9) == {"estimate__n_estimators": 1}
    linear = Pipeline([("estimate", Ridge())])
    assert smaller(linear, linear, 0.5) == {}
    default = Pipeline([("estimate", XGBRegressor())])
    assert smaller(default, default, 0.5) == {"estimate__n_estimators": 50}
