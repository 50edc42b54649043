"""skl2onnx converters of the project's own pipeline steps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skl2onnx import update_registered_converter
from skl2onnx._supported_operators import sklearn_operator_name_map
from skl2onnx.common.data_types import FloatTensorType
from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes

from modelfleet.training.candidates.log_target import LogTarget
from modelfleet.training.candidates.normal_scores import NormalScores

_FLOAT, _INT64 = 1, 7  # of TensorProto


def register_step_converters() -> None:
    """Register the converters of normal scores and of regressions of the logarithm."""
    update_registered_converter(
        NormalScores, "ModelfleetNormalScores", _normal_scores_shape, _convert_normal_scores
    )
    update_registered_converter(
        LogTarget,
        "ModelfleetLogTarget",
        calculate_linear_regressor_output_shapes,
        _convert_log_target,
    )


def _convert_log_target(scope: Any, operator: Any, container: Any) -> None:
    model = operator.raw_operator
    alias = sklearn_operator_name_map[type(model.regressor_)]
    inner = scope.declare_local_operator(alias, model.regressor_)
    inner.inputs = operator.inputs
    logarithm = scope.declare_local_variable("logarithm", FloatTensorType())
    inner.outputs.append(logarithm)
    graph = _Graph(scope, container)
    value = graph.add("Exp", [logarithm.full_name])
    factor = graph.floats(np.array([model.factor_]))
    graph.add("Mul", [value, factor], operator.outputs[0].full_name)


def _normal_scores_shape(operator: Any) -> None:
    model = operator.raw_operator
    rows = operator.inputs[0].type.shape[0]
    operator.outputs[0].type = FloatTensorType([rows, model.n_features_in_ + model.gaps_.size])


def _convert_normal_scores(scope: Any, operator: Any, container: Any) -> None:
    """Interpolate as a sum over segments: the part of each below the value, times its slope."""
    model, graph = operator.raw_operator, _Graph(scope, container)
    starts, widths, slopes = _segments(model)
    (given,) = operator.input_full_names
    missing = graph.add("IsNaN", [given])
    wide = graph.add("Unsqueeze", [given, graph.integers([2])])
    past = graph.add("Relu", [graph.add("Sub", [wide, graph.floats(starts)])])
    reach = graph.add("Min", [past, graph.floats(widths)])
    risen = graph.add("Mul", [reach, graph.floats(slopes)])
    total = graph.add("ReduceSum", [risen, graph.integers([2])], keepdims=0)
    first = graph.floats(np.array([[ys[0] for _, ys in model.curves_]]))
    scores = graph.add("Add", [total, first])
    middle = graph.floats(np.zeros(1))
    parts = [graph.add("Where", [missing, middle, scores])]
    if model.gaps_.size:
        found = graph.add("Cast", [missing], to=_FLOAT)
        parts.append(graph.add("Gather", [found, graph.integers(model.gaps_.tolist())], axis=1))
    graph.add("Concat", parts, operator.outputs[0].full_name, axis=1)


def _segments(model: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return start, width, and slope of each column's segments, shape (1, columns, most)."""
    most = max(1, *(xs.size - 1 for xs, _ in model.curves_))
    parts = np.zeros((3, 1, len(model.curves_), most))
    for column, (xs, ys) in enumerate(model.curves_):
        widths = np.diff(xs)
        parts[:, 0, column, : widths.size] = xs[:-1], widths, np.diff(ys) / widths
    return parts[0], parts[1], parts[2]


class _Graph:
    """Adds nodes and constants with unique names."""

    def __init__(self, scope: Any, container: Any) -> None:
        self._scope = scope
        self._container = container

    def add(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        """Add a node, and return the name of its output."""
        output = output or self._scope.get_unique_variable_name(kind)
        name = self._scope.get_unique_operator_name(kind)
        self._container.add_node(kind, inputs, [output], name=name, **attributes)
        return output

    def floats(self, values: NDArray[Any]) -> str:
        """Add a constant of float32, and return its name."""
        return self._constant(_FLOAT, values.shape, values.astype(np.float32).ravel().tolist())

    def integers(self, values: list[int]) -> str:
        """Add a constant vector of int64, and return its name."""
        return self._constant(_INT64, (len(values),), values)

    def _constant(self, kind: int, shape: tuple[int, ...], values: list[Any]) -> str:
        name: str = self._scope.get_unique_variable_name("constant")
        self._container.add_initializer(name, kind, list(shape), values)
        return name
