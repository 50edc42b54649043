"""No library reports what the fleet does to its makers."""

import os
import subprocess
import sys
from pathlib import Path

_SCORE_ONCE = """
import numpy as np
from onnx import TensorProto, helper
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.registry.manifest import ONNX_INPUT, ONNX_OUTPUT

row = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1])
graph = helper.make_graph(
    [helper.make_node("Identity", [ONNX_INPUT], [ONNX_OUTPUT])],
    "same", [row(ONNX_INPUT)], [row(ONNX_OUTPUT)],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
assert OnnxScorer(model.SerializeToString()).score([[0.25]]) == [0.25]
"""


def test_onnx_runtime_keeps_no_record(tmp_path: Path) -> None:
    """Scoring leaves nothing in the home folder, where ONNX Runtime would queue its reports."""
    told = {k: v for k, v in os.environ.items() if k not in ("ORT_DISABLE_TELEMETRY", "CI")}
    environment = told | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", _SCORE_ONCE], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []
