"""The pipelines that may become the car price model; imported by training alone."""

from imblearn.pipeline import Pipeline
from sklearn.ensemble import RandomForestRegressor

from modelfleet.training.candidates.building_blocks import Real, SearchSpace, Whole

# The upper ends keep the bundle within its size.
SEARCH: dict[str, SearchSpace] = {
    "random_forest": {
        "estimate__max_leaf_nodes": Whole(600, 1_800, log=True),
        "estimate__min_samples_leaf": Whole(1, 20, log=True),
        "estimate__max_features": Real(0.3, 1.0),
    },
}


def candidates(seed: int) -> dict[str, Pipeline]:
    """Unfitted pipelines over the encoded matrix by name, in the order in which they are tried."""
    return {
        "random_forest": Pipeline([("estimate", _forest(seed))]),
    }


def _forest(seed: int) -> RandomForestRegressor:
    """The leaves are bounded because the bundle is: 38 bytes a node, two nodes a leaf."""
    return RandomForestRegressor(
        n_estimators=100,
        max_leaf_nodes=1_800,
        min_samples_leaf=3,
        max_features=0.5,
        random_state=seed,
    )
