"""skl2onnx converter for LightGBM, exact on missing values and float32 thresholds."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from modelfleet.adapters.onnx_trees import Base, Tree, register_classifier, register_regressor

_LEAF = -1


def register_lightgbm_converters() -> None:
    """Register converters for LightGBM, if it is installed.

    Those of onnxmltools send a missing value the wrong way in columns that had none in training,
    where LightGBM reads it as 0.
    """
    try:
        from lightgbm import LGBMClassifier, LGBMRegressor  # noqa: PLC0415
    except OSError:  # its library needs an OpenMP runtime, which the system may lack
        return
    register_classifier(LGBMClassifier, _ensemble, logistic=True)
    register_regressor(LGBMRegressor, _ensemble)


def _ensemble(model: Any) -> tuple[list[Tree], Base]:
    if model.boosting_type != "gbdt":
        raise NotImplementedError(f"boosting_type={model.boosting_type!r} cannot be exported")
    found = model.booster_.dump_model()
    outputs = found["num_tree_per_iteration"]
    trees = [
        _tree(each["tree_structure"], number % outputs)
        for number, each in enumerate(found["tree_info"])
    ]
    base = [_taken_out(tree) for tree in trees[:outputs]]
    return trees, base


def _taken_out(tree: Tree) -> float:
    """Subtract the mean of a first tree's leaves, with which LightGBM starts, and return it.

    Otherwise, float32 would round every later sum in proportion to it.
    """
    level = float(tree.value[tree.is_leaf].mean())
    tree.value[tree.is_leaf] -= level
    return level


def _tree(root: Mapping[str, Any], target: int) -> Tree:
    nodes = list(_in_order(root))
    place = {id(node): number for number, node in enumerate(nodes)}

    def child(node: Mapping[str, Any], side: str) -> int:
        return place[id(node[side])] if side in node else _LEAF

    is_leaf = ["leaf_value" in node for node in nodes]
    return Tree(
        feature=np.array([node.get("split_feature", 0) for node in nodes]),
        threshold=np.array([node.get("threshold", 0.0) for node in nodes], dtype=np.float64),
        left=np.array([child(node, "left_child") for node in nodes]),
        right=np.array([child(node, "right_child") for node in nodes]),
        missing_left=np.array([_missing_left(node) for node in nodes], dtype=np.int64),
        is_leaf=np.array(is_leaf),
        value=np.array([node.get("leaf_value", 0.0) for node in nodes]),
        target=target,
    )


def _in_order(root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the nodes from the root down, without recursion, because a tree may be deep."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [node[side] for side in ("right_child", "left_child") if side in node]


def _missing_left(node: Mapping[str, Any]) -> bool:
    """Return which way a missing value goes.

    See `Tree::NumericalDecision` in LightGBM's source: a column without missing values in training
    reads NaN as 0.
    """
    if "leaf_value" in node:
        return False
    if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
        raise NotImplementedError(
            "categorical splits and zero_as_missing are not supported; encode categories as numbers"
        )
    if node["missing_type"] == "NaN":
        return bool(node["default_left"])
    return bool(node["threshold"] >= 0.0)
