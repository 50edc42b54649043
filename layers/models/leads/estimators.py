"""The pipelines that may become the lead scoring model; imported by training alone."""

from imblearn.pipeline import Pipeline
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)

from modelfleet.training.candidates.building_blocks import (
    Real,
    SearchSpace,
    Whole,
    logistic_regression,
    soft_voting,
)
from modelfleet.training.candidates.resample import resampled
from models.leads.spec import SPEC

SEARCH: dict[str, SearchSpace] = {
    "shallow_boosting": {
        "classify__learning_rate": Real(0.01, 0.2, log=True),
        "classify__max_iter": Whole(100, 600),
        "classify__max_leaf_nodes": Whole(4, 31),
        "classify__min_samples_leaf": Whole(10, 80, log=True),
        "classify__l2_regularization": Real(1e-3, 10.0, log=True),
    },
    "boosting_voting": {
        "classify__shallow__learning_rate": Real(0.01, 0.2, log=True),
        "classify__shallow__max_iter": Whole(100, 600),
        "classify__deep__max_iter": Whole(30, 200),
        "classify__deep__max_leaf_nodes": Whole(12, 63, log=True),
    },
    "mixed_voting": {
        "classify__forest__min_samples_leaf": Whole(2, 30, log=True),
        "classify__boosting__learning_rate": Real(0.01, 0.2, log=True),
        "classify__boosting__max_iter": Whole(100, 600),
        "classify__linear__classify__C": Real(1e-3, 10.0, log=True),
    },
}


def candidates(seed: int) -> dict[str, Pipeline]:
    """Unfitted pipelines over the encoded matrix by name, in the order in which they are tried."""
    return {
        "shallow_boosting": resampled(SPEC, _shallow(seed), seed),
        "boosting_voting": resampled(SPEC, _boosting(seed), seed),
        "mixed_voting": resampled(SPEC, _mixed(seed), seed),
    }


def _boosting(seed: int) -> VotingClassifier:
    """Many shallow trees find what adds up, fewer deep ones what interacts."""
    return soft_voting({"shallow": _shallow(seed), "deep": _deep(seed)}, weights=(2.0, 1.0))


def _mixed(seed: int) -> VotingClassifier:
    forest = RandomForestClassifier(
        n_estimators=80, min_samples_leaf=5, max_leaf_nodes=1_000, random_state=seed
    )
    linear = logistic_regression(SPEC.features.columns())
    members = {"linear": linear, "forest": forest, "boosting": _shallow(seed)}
    return soft_voting(members, weights=(1.0, 2.0, 4.0))


def _shallow(seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=300, max_leaf_nodes=8, l2_regularization=1.0, random_state=seed
    )


def _deep(seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=100,
        max_leaf_nodes=31,
        min_samples_leaf=40,
        l2_regularization=1.0,
        random_state=seed,
    )
