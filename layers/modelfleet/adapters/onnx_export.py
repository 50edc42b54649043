"""Exports fitted scikit-learn pipelines to ONNX, calibration included, through skl2onnx."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper
from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.common.data_types import FloatTensorType
from skl2onnx.common.shape_calculator import (
    calculate_linear_classifier_output_shapes,
    calculate_linear_regressor_output_shapes,
)
from xgboost import XGBClassifier, XGBRegressor

from modelfleet.adapters.onnx_trees import register_tree_converters
from modelfleet.domain.bundle import ONNX_INPUT, ONNX_OUTPUT
from modelfleet.domain.calibration import (
    SCORE_MARGIN,
    Calibration,
    IsotonicCalibration,
    SigmoidCalibration,
)
from modelfleet.domain.spec import Task

# What ONNX Runtime of the predict image reads and all converters write.
_OPSET = {"": 18, "ai.onnx.ml": 3}


class OnnxExporter:
    """Converts fitted pipelines over the encoded matrix into a bundle's `model.onnx`."""

    def __init__(self) -> None:
        register_tree_converters()
        _register_xgboost()

    def export(
        self, estimator: Any, columns: int, task: Task, calibration: Calibration | None
    ) -> bytes:
        """Convert a fitted pipeline.

        Parameters
        ----------
        estimator
            Fitted scikit-learn pipeline; it takes float32 values, shape (n, columns).
        columns
            Number of columns.
        task
            A classifier's positive class is its second.
        calibration
            Of a classifier's scores; `None` leaves them as they are.

        Returns
        -------
        bytes
            A graph from `features`, float32 (n, columns), to `prediction`, float32 (n, 1).
        """
        binary = task is Task.BINARY
        model = convert_sklearn(
            estimator,
            name="model",
            initial_types=[(ONNX_INPUT, FloatTensorType([None, columns]))],
            options={id(estimator): {"zipmap": False}} if binary else None,
            target_opset=_OPSET,
        )
        _finish(model.graph, binary, calibration)
        content: bytes = model.SerializeToString()
        return content


def _register_xgboost() -> None:
    update_registered_converter(
        XGBClassifier,
        "XGBoostXGBClassifier",
        calculate_linear_classifier_output_shapes,
        convert_xgboost,
        options={"zipmap": [True, False, "columns"], "nocl": [True, False]},
    )
    update_registered_converter(
        XGBRegressor,
        "XGBoostXGBRegressor",
        calculate_linear_regressor_output_shapes,
        convert_xgboost,
    )


def _finish(graph: GraphProto, binary: bool, calibration: Calibration | None) -> None:
    """Lead the estimator's answer to the one output, and drop what does not lead there."""
    answer = graph.output[-1].name
    if binary:
        positive = _constant(graph, "positive", [1], np.int64)
        answer = _append(graph, "Gather", [answer, positive], "score", axis=1)
    _append_calibration(graph, answer, calibration)
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(ONNX_OUTPUT, TensorProto.FLOAT, [None, 1]))
    _prune(graph)


def _append_calibration(graph: GraphProto, score: str, calibration: Calibration | None) -> None:
    if isinstance(calibration, SigmoidCalibration):
        _append_sigmoid(graph, score, calibration)
    elif isinstance(calibration, IsotonicCalibration):
        _append_isotonic(graph, score, calibration)
    else:
        _append(graph, "Identity", [score], ONNX_OUTPUT)


def _append_sigmoid(graph: GraphProto, score: str, calibration: SigmoidCalibration) -> None:
    low = _constant(graph, "low", SCORE_MARGIN)
    high = _constant(graph, "high", 1.0 - SCORE_MARGIN)
    inside = _append(graph, "Clip", [score, low, high], "inside")
    outside = _append(graph, "Sub", [_constant(graph, "one", [1.0]), inside], "outside")
    odds = _append(graph, "Div", [inside, outside], "odds")
    log_odds = _append(graph, "Log", [odds], "log_odds")
    slope = _constant(graph, "slope", [calibration.slope])
    steep = _append(graph, "Mul", [log_odds, slope], "steep")
    intercept = _constant(graph, "intercept", [calibration.intercept])
    _append(graph, "Sigmoid", [_append(graph, "Add", [steep, intercept], "moved")], ONNX_OUTPUT)


def _append_isotonic(graph: GraphProto, score: str, calibration: IsotonicCalibration) -> None:
    """Add up, over the pieces of the line, how far the score reaches into each, times its slope."""
    xs, ys = np.array(calibration.scores), np.array(calibration.probabilities)
    widths = np.diff(xs)
    past = _append(graph, "Sub", [score, _constant(graph, "starts", [xs[:-1].tolist()])], "past")
    entered = _append(graph, "Relu", [past], "entered")
    reach = _append(graph, "Min", [entered, _constant(graph, "widths", [widths.tolist()])], "reach")
    slopes = _constant(graph, "slopes", (np.diff(ys) / widths)[:, None].tolist())
    risen = _append(graph, "MatMul", [reach, slopes], "risen")
    _append(graph, "Add", [risen, _constant(graph, "start", [float(ys[0])])], ONNX_OUTPUT)


def _append(graph: GraphProto, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
    name = output if output == ONNX_OUTPUT else f"final_{output}"
    node_name = f"Final{kind}_{output}"
    graph.node.append(helper.make_node(kind, inputs, [name], name=node_name, **attributes))
    return name


def _constant(
    graph: GraphProto, name: str, value: Any, dtype: type[np.generic] = np.float32
) -> str:
    full_name = f"final_{name}"
    graph.initializer.append(numpy_helper.from_array(np.array(value, dtype=dtype), full_name))
    return full_name


def _prune(graph: GraphProto) -> None:
    """Keep the nodes and constants that the output hangs on; nodes are in order of evaluation."""
    needed = {ONNX_OUTPUT}
    kept: list[NodeProto] = []
    for node in reversed(list(graph.node)):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    _replace(graph.node, reversed(kept))
    _replace(graph.initializer, [i for i in graph.initializer if i.name in needed])


def _replace(field: Any, values: Iterable[Any]) -> None:
    kept = list(values)
    del field[:]
    field.extend(kept)
