"""The ONNX scorer on real, tiny models."""

import math

import pytest
from onnx import TensorProto, helper

from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.registry.manifest import ONNX_INPUT, ONNX_OUTPUT
from modelfleet.spec.errors import BundleError, ScoringError
from tests.serving import linear_model


def one_node(operation: str, output: str = ONNX_OUTPUT) -> bytes:
    """A model of one operation on its only column."""
    graph = helper.make_graph(
        [helper.make_node(operation, [ONNX_INPUT], [output])],
        "g",
        [helper.make_tensor_value_info(ONNX_INPUT, TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [None, 1])],
    )
    opsets = [helper.make_opsetid("", 17)]
    content: bytes = helper.make_model(
        graph, opset_imports=opsets, ir_version=9
    ).SerializeToString()
    return content


def test_it_gives_one_float_a_row_in_order() -> None:
    """Scores are what the model computes, in the order of the rows."""
    scores = OnnxScorer(linear_model(2, 0.5, sigmoid=False)).score([[0.0, 0.0], [1e6, 1e6]])
    assert scores == pytest.approx([0.5, 2.5])
    assert all(type(score) is float for score in scores)


def test_a_missing_number_reaches_the_model_as_nan() -> None:
    """The model itself decides what a missing number means."""
    scores = OnnxScorer(linear_model(2, 0.5, sigmoid=False)).score([[math.nan, 1e6]])
    assert scores == pytest.approx([1.5])


def test_bytes_that_are_no_model_are_a_bundle_error() -> None:
    """A file that is no ONNX model is refused."""
    with pytest.raises(BundleError):
        OnnxScorer(b"not a model")


def test_another_output_is_a_bundle_error() -> None:
    """A model with other names than a bundle's is refused when it is loaded."""
    with pytest.raises(BundleError, match="probabilities"):
        OnnxScorer(one_node("Identity", "probabilities"))


def test_a_score_that_is_no_number_is_an_error() -> None:
    """No answer carries NaN or infinity."""
    with pytest.raises(ScoringError):
        OnnxScorer(one_node("Log")).score([[-1.0]])


def test_rows_of_another_width_are_an_error_without_their_values() -> None:
    """ONNX Runtime's own error does not pass, as it may quote what it was given."""
    with pytest.raises(ScoringError) as caught:
        OnnxScorer(linear_model(2, 0.0, sigmoid=True)).score([[4711.0]])
    assert "4711" not in str(caught.value)
