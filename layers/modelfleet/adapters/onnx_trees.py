"""skl2onnx converters for tree ensembles, exact on missing values and float32 thresholds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skl2onnx import update_registered_converter
from skl2onnx.common.shape_calculator import (
    calculate_linear_classifier_output_shapes,
    calculate_linear_regressor_output_shapes,
)
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

_ML_DOMAIN = "ai.onnx.ml"
_TWO = 2
_CLASSIFIER_OPTIONS = {"zipmap": [True, False, "columns"], "nocl": [True, False]}


@dataclass(frozen=True)
class Tree:
    """Nodes of a tree as arrays, shape (nodes,); `value` matters only at leaves.

    `value` has shape (nodes, targets), or shape (nodes,) if it adds only to `target`.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing_left: NDArray[np.int64]
    is_leaf: NDArray[np.bool_]
    value: NDArray[np.float64]
    target: int = 0


def register_tree_converters() -> None:
    """Replace skl2onnx's converters by these.

    The originals ignore how a forest routes missing values, and pass NumPy integers to an `onnx`
    release that rejects them.
    """
    register_classifier(RandomForestClassifier, _forest)
    register_classifier(HistGradientBoostingClassifier, _histogram, logistic=True)
    register_regressor(RandomForestRegressor, _forest)
    register_regressor(HistGradientBoostingRegressor, _histogram)


Base = Sequence[float]
Ensemble = Callable[[Any], tuple[Sequence[Tree], Base]]
Convert = Callable[[Any, Any, Any], None]


def register_classifier(estimator: type, ensemble: Ensemble, *, logistic: bool = False) -> None:
    """Register the converter of a classifier of trees.

    Parameters
    ----------
    estimator
        Class of the fitted estimators.
    ensemble
        Returns the trees of a fitted estimator and the value that their sum starts from.
    logistic
        Whether the trees add up to log-odds instead of probabilities.
    """
    update_registered_converter(
        estimator,
        f"Modelfleet{estimator.__name__}",
        calculate_linear_classifier_output_shapes,
        _classifier(ensemble, logistic=logistic),
        options=_CLASSIFIER_OPTIONS,
    )


def register_regressor(estimator: type, ensemble: Ensemble) -> None:
    """Register the converter of a regressor of trees; see `register_classifier`."""
    update_registered_converter(
        estimator,
        f"Modelfleet{estimator.__name__}",
        calculate_linear_regressor_output_shapes,
        _regressor(ensemble),
    )


def _regressor(ensemble: Ensemble) -> Convert:
    def convert(scope: Any, operator: Any, container: Any) -> None:
        trees, base = ensemble(operator.raw_operator)
        _add_ensemble(scope, operator, container, trees, base, operator.outputs[0].full_name)

    return convert


def _classifier(ensemble: Ensemble, *, logistic: bool = False) -> Convert:
    def convert(scope: Any, operator: Any, container: Any) -> None:
        trees, base = ensemble(operator.raw_operator)
        label, probabilities = (output.full_name for output in operator.outputs)
        if len(base) > 1:
            raw = scope.get_unique_variable_name("raw")
            _add_ensemble(scope, operator, container, trees, base, raw)
            _add_classes(scope, container, raw, (label, probabilities), logistic=logistic)
            return
        raw, positive, one, negative = map(
            scope.get_unique_variable_name, ("raw", "positive", "one", "negative")
        )
        _add_ensemble(scope, operator, container, trees, base, raw)
        container.add_initializer(one, 1, [1], [1.0])  # 1 is TensorProto.FLOAT
        for kind, inputs, output, attributes in (
            ("Sigmoid" if logistic else "Identity", [raw], positive, {}),
            ("Sub", [one, positive], negative, {}),
            ("Concat", [negative, positive], probabilities, {"axis": 1}),
            ("ArgMax", [probabilities], label, {"axis": 1, "keepdims": 0}),
        ):
            name = scope.get_unique_operator_name(kind)
            container.add_node(kind, inputs, [output], name=name, **attributes)

    return convert


def _add_classes(
    scope: Any, container: Any, raw: str, outputs: tuple[str, str], *, logistic: bool
) -> None:
    """Convert one raw column per class to probabilities and the label."""
    label, probabilities = outputs
    link, given = ("Softmax", {"axis": 1}) if logistic else ("Identity", {})
    for kind, inputs, output, attributes in (
        (link, raw, probabilities, given),
        ("ArgMax", probabilities, label, {"axis": 1, "keepdims": 0}),
    ):
        name = scope.get_unique_operator_name(kind)
        container.add_node(kind, [inputs], [output], name=name, **attributes)


def _forest(model: Any) -> tuple[list[Tree], Base]:
    trees = [_forest_tree(tree.tree_, len(model.estimators_)) for tree in model.estimators_]
    targets = trees[0].value.shape[1] if trees[0].value.ndim > 1 else 1
    return trees, [0.0] * targets


def _forest_tree(tree: Any, count: int) -> Tree:
    """Convert one tree of a forest, which averages its trees."""
    value = tree.value[:, 0, :]
    if value.shape[1] == 1:
        answer = value[:, 0]
    elif value.shape[1] == _TWO:
        answer = value[:, 1] / value.sum(axis=1)
    else:
        answer = value / value.sum(axis=1, keepdims=True)
    return Tree(
        feature=tree.feature,
        threshold=tree.threshold,
        left=tree.children_left,
        right=tree.children_right,
        missing_left=tree.missing_go_to_left,
        is_leaf=tree.children_left == -1,
        value=answer / count,
    )


def _histogram(model: Any) -> tuple[list[Tree], Base]:
    trees = [
        _histogram_tree(predictor.nodes, target)
        for predictors in model._predictors
        for target, predictor in enumerate(predictors)
    ]
    return trees, np.ravel(model._baseline_prediction).tolist()


def _histogram_tree(nodes: Any, target: int) -> Tree:
    if nodes["is_categorical"].any():
        raise NotImplementedError(
            "categorical splits are not supported; encode categories as numbers"
        )
    return Tree(
        feature=nodes["feature_idx"],
        threshold=nodes["num_threshold"],
        left=nodes["left"],
        right=nodes["right"],
        missing_left=nodes["missing_go_to_left"],
        is_leaf=nodes["is_leaf"].astype(bool),
        value=nodes["value"],
        target=target,
    )


def _add_ensemble(
    scope: Any, operator: Any, container: Any, trees: Sequence[Tree], base: Base, output: str
) -> None:
    container.add_node(
        "TreeEnsembleRegressor",
        operator.input_full_names,
        [output],
        op_domain=_ML_DOMAIN,
        op_version=1,
        name=scope.get_unique_operator_name("TreeEnsembleRegressor"),
        **_attributes(trees, base),
    )


def _attributes(trees: Sequence[Tree], base: Base) -> dict[str, Any]:
    """Return the attributes of the operator TreeEnsembleRegressor."""
    sizes = [len(tree.feature) for tree in trees]
    tree_ids = np.repeat(np.arange(len(trees)), sizes)
    node_ids = np.concatenate([np.arange(size) for size in sizes])
    leaf = np.concatenate([tree.is_leaf for tree in trees])

    def branches(field: str) -> list[int]:
        values = np.concatenate([getattr(tree, field) for tree in trees])
        return [int(value) for value in np.where(leaf, 0, values)]

    thresholds = np.concatenate([tree.threshold for tree in trees])
    return {
        "n_targets": len(base),
        "aggregate_function": "SUM",
        "post_transform": "NONE",
        "base_values": list(base),
        "nodes_treeids": tree_ids.tolist(),
        "nodes_nodeids": node_ids.tolist(),
        "nodes_featureids": branches("feature"),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_values": np.where(leaf, 0.0, _rounded_down(thresholds)).tolist(),
        "nodes_truenodeids": branches("left"),
        "nodes_falsenodeids": branches("right"),
        "nodes_missing_value_tracks_true": branches("missing_left"),
        **_leaf_attributes(trees),
    }


def _leaf_attributes(trees: Sequence[Tree]) -> dict[str, Any]:
    """Return the weights of leaves by target; zeros are omitted if there are several targets."""
    tree_ids, node_ids, targets, weights = [], [], [], []
    for number, tree in enumerate(trees):
        nodes = np.flatnonzero(tree.is_leaf)
        if tree.value.ndim > 1:
            places, columns = np.nonzero(tree.value[nodes])
            nodes, target = nodes[places], columns
            value = tree.value[nodes, columns]
        else:
            target, value = np.full(nodes.size, tree.target), tree.value[nodes]
        tree_ids += [number] * nodes.size
        node_ids += nodes.tolist()
        targets += target.tolist()
        weights += value.tolist()
    return {
        "target_treeids": tree_ids,
        "target_nodeids": node_ids,
        "target_ids": targets,
        "target_weights": weights,
    }


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round down to float32, so that float32 inputs take the same branch at each threshold."""
    with np.errstate(over="ignore"):
        rounded = thresholds.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf))
    return np.where(rounded > thresholds, below, rounded).astype(np.float64)
