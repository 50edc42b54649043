"""The pipelines that may become the grading model."""

from imblearn.pipeline import Pipeline
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from modelfleet.training.candidates.building_blocks import (
    Real,
    SearchSpace,
    logistic_regression,
    soft_voting,
)
from modelfleet.training.candidates.resample import resampled

from .spec import SPEC

SEARCH: dict[str, SearchSpace] = {
    "boosting": {"classify__learning_rate": Real(0.01, 0.3, log=True)},
    "voting": {"classify__linear__classify__C": Real(1e-3, 10.0, log=True)},
}


def candidates(seed: int) -> dict[str, Pipeline]:
    """Unfitted pipelines over the encoded matrix by name, the default first."""
    boosting = HistGradientBoostingClassifier(max_iter=25, max_leaf_nodes=6, random_state=seed)
    forest = RandomForestClassifier(n_estimators=15, min_samples_leaf=8, random_state=seed)
    linear = logistic_regression(SPEC.features.columns())
    members = {"linear": linear, "forest": forest, "boosting": boosting}
    return {
        "boosting": Pipeline([("classify", boosting)]),
        "voting": resampled(SPEC, soft_voting(members, weights=(1.0, 1.0, 2.0)), seed),
    }
