"""Metadata files that make an ONNX model loadable by MLflow's tools."""

import json
import platform
from pathlib import Path

from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from modelfleet.registry.model_registry import ModelDescription

MODEL_FILE = "MLmodel"
EXAMPLE_FILE = "input_example.json"
REQUIREMENTS_FILE = "requirements.txt"
ENVIRONMENT_FILE = "python_env.yaml"


def write_model_files(
    folder: Path, description: ModelDescription, run_id: str, artifact_path: str
) -> list[Path]:
    """Write the files that describe a model in MLflow's flavors `onnx` and `python_function`.

    `mlflow.onnx.save_model` would copy the model and run it to infer its requirements; here, the
    model is already in the run's folder, and the requirements are known.

    Parameters
    ----------
    folder
        Folder to write to.
    description
        Signature of the model.
    run_id, artifact_path
        Run of the model, and the model's folder in it.

    Returns
    -------
    list
        Paths of the files.
    """
    python = platform.python_version()
    packages = "\n".join(description.requirements)
    environment = {"python": python, "dependencies": [f"-r {REQUIREMENTS_FILE}"]}
    contents = {
        EXAMPLE_FILE: json.dumps(_example(description)),
        REQUIREMENTS_FILE: f"{packages}\n",
        # Every JSON document is valid YAML.
        ENVIRONMENT_FILE: json.dumps(environment),
    }
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    _model(description, python, run_id, artifact_path).save(folder / MODEL_FILE)
    return [folder / name for name in (*contents, MODEL_FILE)]


def _model(description: ModelDescription, python: str, run_id: str, artifact_path: str) -> Model:
    model = Model(
        artifact_path=artifact_path,
        run_id=run_id,
        signature=ModelSignature(
            Schema([ColSpec(DataType.float, name) for name in description.columns]),
            Schema([ColSpec(DataType.float, description.answer)]),
        ),
        saved_input_example_info={
            "artifact_path": EXAMPLE_FILE,
            "type": "dataframe",
            "pandas_orient": "split",
        },
    )
    model.add_flavor(
        "python_function",
        loader_module="mlflow.onnx",
        python_version=python,
        data=description.file,
        env={"virtualenv": ENVIRONMENT_FILE},
    )
    model.add_flavor("onnx", data=description.file, providers=["CPUExecutionProvider"])
    return model


def _example(description: ModelDescription) -> dict[str, object]:
    # Missing values are NaN, which JSON cannot represent.
    rows = [[None if value != value else value for value in row] for row in description.example]  # noqa: PLR0124 -- only NaN differs from itself
    return {"columns": list(description.columns), "data": rows}
