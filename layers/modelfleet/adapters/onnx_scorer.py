"""Scores rows with ONNX Runtime."""

import os
from collections.abc import Sequence

import numpy as np

# From release 1.31 on it reports its use to its makers, from a thread and a database of its own,
# unless this is set when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

from modelfleet.evaluation.scorer import Scores
from modelfleet.registry.manifest import ONNX_INPUT, ONNX_OUTPUT
from modelfleet.spec.errors import BundleError, ScoringError

_TABLE = 2


class OnnxScorer:
    """A `Scorer` over a bundle's `model.onnx`.

    Parameters
    ----------
    model
        The file's bytes.

    Raises
    ------
    BundleError
        If ONNX Runtime cannot load them, or the model's input and output are not a bundle's.
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
            If the model refuses the rows, or a score is not a finite number.
        """
        matrix = np.asarray(rows, dtype=np.float32)
        try:
            (answer,) = self._session.run([ONNX_OUTPUT], {ONNX_INPUT: matrix})
        # ONNX Runtime raises its errors as RuntimeError and its own subclasses of Exception, which
        # carry no common name; none of them may reach the caller with the tensor's values in it.
        except Exception as error:
            raise ScoringError(f"ONNX Runtime: {type(error).__name__}") from error
        return _checked(np.asarray(answer), len(matrix))


def _open(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # A Lambda function of this size has less than one core: threads would only wait for each other.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(
            model, sess_options=options, providers=["CPUExecutionProvider"]
        )
    # As above: a file that is no model can fail with any of several classes.
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
