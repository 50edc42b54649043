"""The pipelines that may become the lead scoring model; imported by training alone."""

from imblearn.pipeline import Pipeline
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)

from modelfleet.pipelines.compose import WORKERS, logistic_regression, soft_voting
from modelfleet.pipelines.resample import resampled
from models.leads.spec import SPEC

COLUMNS = SPEC.features.columns()


def candidates(seed: int) -> dict[str, Pipeline]:
    """Unfitted pipelines over the encoded matrix by name, the default first."""
    return {
        "voting": resampled(SPEC, _voting(seed), seed),
        "hist_gradient_boosting": resampled(SPEC, _histogram(seed), seed),
    }


def _voting(seed: int) -> VotingClassifier:
    forest = RandomForestClassifier(
        n_estimators=80, min_samples_leaf=5, max_leaf_nodes=1_000, n_jobs=WORKERS, random_state=seed
    )
    members = {
        "linear": logistic_regression(COLUMNS),
        "forest": forest,
        "boosting": _histogram(seed),
    }
    return soft_voting(members, weights=(1.0, 3.0, 4.0))


def _histogram(seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=200,
        max_leaf_nodes=23,
        l2_regularization=1.0,
        random_state=seed,
    )
