"""The pipelines that may become the bank churn model; imported by training alone."""

from imblearn.pipeline import Pipeline
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from xgboost import XGBClassifier

from modelfleet.pipelines.compose import logistic_regression, soft_voting
from models.bankchurn.spec import SPEC


def candidates(seed: int) -> dict[str, Pipeline]:
    """Unfitted pipelines over the encoded matrix by name, the default first."""
    return {
        "xgboost": Pipeline([("classify", _xgboost(seed))]),
        "voting": Pipeline([("classify", _voting(seed))]),
        "hist_gradient_boosting": Pipeline([("classify", _histogram(seed))]),
    }


def _xgboost(seed: int) -> XGBClassifier:
    return XGBClassifier(
        n_estimators=300,
        learning_rate=0.04,
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


def _histogram(seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=150, max_leaf_nodes=15, random_state=seed
    )
