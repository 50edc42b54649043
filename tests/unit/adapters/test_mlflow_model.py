"""The folder of a bundle as MLflow's own tools load it."""

import json
from pathlib import Path

import mlflow.onnx
import mlflow.pyfunc
import numpy as np
import pytest
from mlflow.models import Model

from modelfleet.adapters.mlflow_model import EXAMPLE_FILE, write_model_files
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.registry.model_registry import ModelDescription
from tests.serving import linear_model

COLUMNS = ("Age", "Balance", "Geography")
ROWS = ((42.0, 1_000.0, 1.0), (18.0, float("nan"), 0.0))
CONTENT = linear_model(len(COLUMNS), 0.25, sigmoid=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder with the model and its description."""
    (tmp_path / "model.onnx").write_bytes(CONTENT)
    description = ModelDescription(
        file="model.onnx",
        columns=COLUMNS,
        answer="prediction",
        example=ROWS,
        requirements=("onnx==1.0", "onnxruntime==1.0"),
    )
    written = write_model_files(tmp_path, description, run_id="a" * 32, artifact_path="bundle")
    assert {path.name for path in written} | {"model.onnx"} == {f.name for f in tmp_path.iterdir()}
    return tmp_path


def test_it_answers_like_the_bundle(folder: Path) -> None:
    """Loaded by MLflow and given its own example, the model answers what ONNX Runtime answers."""
    loaded = mlflow.pyfunc.load_model(str(folder))
    answered = np.asarray(loaded.predict(loaded.input_example)).ravel()
    assert answered == pytest.approx(OnnxScorer(CONTENT).score(ROWS))


def test_it_is_an_onnx_model_too(folder: Path) -> None:
    """MLflow's ONNX flavour loads the same bytes."""
    assert mlflow.onnx.load_model(str(folder)).SerializeToString() == CONTENT


def test_signature_names_the_columns(folder: Path) -> None:
    """The signature has every column of the encoded row and the answer, and the run it is from."""
    model = Model.load(str(folder))
    assert tuple(model.signature.inputs.input_names()) == COLUMNS
    assert model.signature.outputs.input_names() == ["prediction"]
    assert {column.type.name for column in model.signature.inputs} == {"float"}
    assert (model.run_id, model.artifact_path) == ("a" * 32, "bundle")


def test_absent_values_are_json(folder: Path) -> None:
    """What is absent in the example is null, because JSON knows no NaN."""
    example = json.loads((folder / EXAMPLE_FILE).read_text(), parse_constant=pytest.fail)
    assert example["data"][1][1] is None
