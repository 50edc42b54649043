"""Export of fitted scikit-learn pipelines, including calibration, to ONNX with skl2onnx."""

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

from modelfleet.adapters.onnx_lightgbm import register_lightgbm_converters
from modelfleet.adapters.onnx_steps import register_step_converters
from modelfleet.adapters.onnx_trees import register_tree_converters
from modelfleet.registry.manifest import ONNX_INPUT, ONNX_OUTPUT
from modelfleet.statistics.calibration_map import (
    SCORE_MARGIN,
    Calibration,
    ClasswiseCalibration,
    IsotonicCalibration,
    SigmoidCalibration,
)

# Supported by ONNX Runtime in the predict image and by all converters.
_OPSET = {"": 18, "ai.onnx.ml": 3}
_TWO = 2


class OnnxExporter:
    """Exporter of fitted pipelines on the encoded matrix to a bundle's `model.onnx`."""

    def __init__(self) -> None:
        register_tree_converters()
        register_lightgbm_converters()
        register_step_converters()
        _register_xgboost()

    def export(self, estimator: Any, columns: int, calibration: Calibration | None) -> bytes:
        """Convert a fitted pipeline.

        Parameters
        ----------
        estimator
            Fitted scikit-learn pipeline for a float32 matrix, shape (n, columns). The positive
            class of a binary classifier is the second one.
        columns
            Number of columns.
        calibration
            Calibration of a classifier's scores; `None` for none.

        Returns
        -------
        bytes
            Graph from `features`, float32 (n, columns), to `prediction`, float32 (n, 1), or (n,
            classes) for more than two classes.
        """
        classes = len(getattr(estimator, "classes_", ()))
        model = convert_sklearn(
            estimator,
            name="model",
            initial_types=[(ONNX_INPUT, FloatTensorType([None, columns]))],
            options={id(estimator): {"zipmap": False}} if classes else None,
            target_opset=_OPSET,
        )
        _finish(model.graph, classes, calibration)
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


def _finish(graph: GraphProto, classes: int, calibration: Calibration | None) -> None:
    """Connect the estimator's output to the single output, and prune unused nodes."""
    answer = graph.output[-1].name
    if classes == _TWO:
        positive = _constant(graph, "positive", [1], np.int64)
        answer = _append(graph, "Gather", [answer, positive], "score", axis=1)
    _append_calibration(graph, answer, calibration)
    del graph.output[:]
    shape = [None, classes if classes > _TWO else 1]
    graph.output.append(helper.make_tensor_value_info(ONNX_OUTPUT, TensorProto.FLOAT, shape))
    _prune(graph)


def _append_calibration(graph: GraphProto, score: str, calibration: Calibration | None) -> None:
    if isinstance(calibration, ClasswiseCalibration):
        _append_classwise(graph, score, calibration)
    elif calibration is None:
        _append(graph, "Identity", [score], ONNX_OUTPUT)
    else:
        _append_one(graph, score, calibration, ONNX_OUTPUT)


def _append_one(
    graph: GraphProto,
    score: str,
    calibration: SigmoidCalibration | IsotonicCalibration,
    output: str,
    place: str = "",
) -> str:
    if isinstance(calibration, SigmoidCalibration):
        return _append_sigmoid(graph, score, calibration, output, place)
    return _append_isotonic(graph, score, calibration, output, place)


def _append_classwise(graph: GraphProto, scores: str, calibration: ClasswiseCalibration) -> None:
    """Calibrate the column of each class, and normalize the rows to sum to 1."""
    columns = []
    for number, one in enumerate(calibration.classes):
        at = _constant(graph, f"class_{number}", [number], np.int64)
        score = _append(graph, "Gather", [scores, at], f"score_{number}", axis=1)
        columns.append(_append_one(graph, score, one, f"calibrated_{number}", f"_{number}"))
    each = _append(graph, "Concat", columns, "calibrated", axis=1)
    axis = _constant(graph, "classes_axis", [1], np.int64)
    total = _append(graph, "ReduceSum", [each, axis], "total", keepdims=1)
    _append(graph, "Div", [each, total], ONNX_OUTPUT)


def _append_sigmoid(
    graph: GraphProto, score: str, calibration: SigmoidCalibration, output: str, place: str
) -> str:
    low = _constant(graph, f"low{place}", SCORE_MARGIN)
    high = _constant(graph, f"high{place}", 1.0 - SCORE_MARGIN)
    inside = _append(graph, "Clip", [score, low, high], f"inside{place}")
    one = _constant(graph, f"one{place}", [1.0])
    outside = _append(graph, "Sub", [one, inside], f"outside{place}")
    odds = _append(graph, "Div", [inside, outside], f"odds{place}")
    log_odds = _append(graph, "Log", [odds], f"log_odds{place}")
    slope = _constant(graph, f"slope{place}", [calibration.slope])
    steep = _append(graph, "Mul", [log_odds, slope], f"steep{place}")
    intercept = _constant(graph, f"intercept{place}", [calibration.intercept])
    moved = _append(graph, "Add", [steep, intercept], f"moved{place}")
    return _append(graph, "Sigmoid", [moved], output)


def _append_isotonic(
    graph: GraphProto, score: str, calibration: IsotonicCalibration, output: str, place: str
) -> str:
    """Interpolate as a sum over segments: the part of each below the score, times its slope."""
    xs, ys = np.array(calibration.scores), np.array(calibration.probabilities)
    widths = np.diff(xs)
    starts = _constant(graph, f"starts{place}", [xs[:-1].tolist()])
    past = _append(graph, "Sub", [score, starts], f"past{place}")
    entered = _append(graph, "Relu", [past], f"entered{place}")
    ends = _constant(graph, f"widths{place}", [widths.tolist()])
    reach = _append(graph, "Min", [entered, ends], f"reach{place}")
    slopes = _constant(graph, f"slopes{place}", (np.diff(ys) / widths)[:, None].tolist())
    risen = _append(graph, "MatMul", [reach, slopes], f"risen{place}")
    start = _constant(graph, f"start{place}", [float(ys[0])])
    return _append(graph, "Add", [risen, start], output)


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
    """Keep only the nodes and constants that the output depends on; nodes are sorted."""
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
