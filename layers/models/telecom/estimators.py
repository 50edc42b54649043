"""The pipelines that may become the Ultra plan model; imported by training alone."""

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
from models.telecom.spec import SPEC

COLUMNS = SPEC.features.columns()
SEARCH: dict[str, SearchSpace] = {
    "voting": {
        "classify__forest__min_samples_leaf": Whole(2, 30, log=True),
        "classify__boosting__learning_rate": Real(0.01, 0.2, log=True),
        "classify__boosting__max_iter": Whole(30, 200),
        "classify__boosting__max_leaf_nodes": Whole(4, 31),
    },
    "random_forest": {
        "classify__n_estimators": Whole(50, 250),
        "classify__min_samples_leaf": Whole(2, 30, log=True),
    },
}


def candidates(seed: int) -> dict[str, Pipeline]:
    """Unfitted pipelines over the encoded matrix by name, in the order in which they are tried."""
    return {
        "voting": resampled(SPEC, _voting(seed), seed),
        "random_forest": resampled(SPEC, _forest(seed), seed),
    }


def _voting(seed: int) -> VotingClassifier:
    members = {
        "linear": logistic_regression(COLUMNS),
        "forest": _forest(seed),
        "boosting": _histogram(seed),
    }
    return soft_voting(members, weights=(1.0, 3.0, 3.0))


def _forest(seed: int) -> RandomForestClassifier:
    return RandomForestClassifier(n_estimators=150, min_samples_leaf=8, random_state=seed)


def _histogram(seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=80, max_leaf_nodes=8, random_state=seed
    )
