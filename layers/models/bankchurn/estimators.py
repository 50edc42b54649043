"""The pipelines that may become the bank churn model; imported by training alone."""

from imblearn.pipeline import Pipeline
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from xgboost import XGBClassifier

from modelfleet.training.candidates.building_blocks import (
    Real,
    SearchSpace,
    Whole,
    logistic_regression,
    soft_voting,
)
from modelfleet.training.candidates.fleet import LEARNING_RATE, PATIENCE, ROUNDS
from models.bankchurn.spec import SPEC

SEARCH: dict[str, SearchSpace] = {
    "xgboost": {
        "classify__max_depth": Whole(2, 7),
        "classify__min_child_weight": Whole(1, 20, log=True),
        "classify__subsample": Real(0.5, 1.0),
        "classify__colsample_bytree": Real(0.5, 1.0),
    },
    "voting": {
        "classify__forest__n_estimators": Whole(50, 200),
        "classify__forest__min_samples_leaf": Whole(2, 30, log=True),
        "classify__linear__classify__C": Real(1e-3, 10.0, log=True),
    },
}


def candidates(seed: int) -> dict[str, Pipeline]:
    """Unfitted pipelines over the encoded matrix by name, in the order in which they are tried."""
    return {
        "xgboost": Pipeline([("classify", _xgboost(seed))]),
        "voting": Pipeline([("classify", _voting(seed))]),
    }


def _xgboost(seed: int) -> XGBClassifier:
    return XGBClassifier(
        n_estimators=ROUNDS,
        learning_rate=LEARNING_RATE,
        early_stopping_rounds=PATIENCE,
        max_depth=4,
        min_child_weight=5,
        subsample=0.8,
        colsample_bytree=0.8,
        tree_method="hist",
        n_jobs=1,
        random_state=seed,
    )


def _voting(seed: int) -> VotingClassifier:
    forest = RandomForestClassifier(n_estimators=100, min_samples_leaf=5, random_state=seed)
    linear = logistic_regression(SPEC.features.columns())
    return soft_voting({"linear": linear, "forest": forest}, weights=(1.0, 3.0))
