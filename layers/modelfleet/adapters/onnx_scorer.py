"""Scoring with ONNX Runtime."""

import os
from collections.abc import Sequence

import numpy as np

# Since release 1.31, ONNX Runtime sends telemetry from a separate thread, unless this is set before
# it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

from modelfleet.evaluation.scorer import Scores
from modelfleet.registry.manifest import ONNX_INPUT, ONNX_OUTPUT
from modelfleet.spec.errors import BundleError, ScoringError

_TABLE = 2


class OnnxScorer:
    """A `Scorer` of a bundle's `model.onnx`.

    Parameters
    ----------
    model
        Content of the file.

    Raises
    ------
    BundleError
        If ONNX Runtime cannot load the model, or its inputs and outputs are not those of a bundle.
    """

    def __init__(self, model: bytes) -> None:
        self._session = _open(model)
        names = (
            [i.name for i in self._session.get_inputs()],
            [o.name for o in self._session.get_outputs()],
        )
        if names != ([ONNX_INPUT], [ONNX_OUTPUT]):
            raise BundleError(f"unexpected input and output names: {names[0]}, {names[1]}")

    def score(self, rows: Sequence[Sequence[float]]) -> Scores:
        """Score encoded rows; see `Scorer.score`.

        Raises
        ------
        ScoringError
            If the model rejects the rows, or a score is not finite.
        """
        matrix = np.asarray(rows, dtype=np.float32)
        try:
            (answer,) = self._session.run([ONNX_OUTPUT], {ONNX_INPUT: matrix})
        # ONNX Runtime raises RuntimeError and subclasses of Exception without a common base class;
        # their messages may contain values of the tensor and must not reach the caller.
        except Exception as error:
            raise ScoringError(f"ONNX Runtime: {type(error).__name__}") from error
        return _checked(np.asarray(answer), len(matrix))


def _open(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # A Lambda function of this size has less than one core; threads would only contend for it.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(
            model, sess_options=options, providers=["CPUExecutionProvider"]
        )
    # As above: an invalid file can raise any of several classes.
    except Exception as error:
        raise BundleError(f"ONNX Runtime cannot load the model: {type(error).__name__}") from error


def _checked(answer: np.ndarray, rows: int) -> Scores:
    if answer.ndim != _TABLE or len(answer) != rows or not answer.shape[1]:
        raise ScoringError(f"the model returned shape {answer.shape} for {rows} rows")
    if not np.isfinite(answer).all():
        raise ScoringError("the model returned a score that is not finite")
    if answer.shape[1] == 1:
        return [float(score) for score in answer[:, 0]]
    probabilities: list[list[float]] = answer.tolist()
    return probabilities
