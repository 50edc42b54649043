"""What the predict function loads, seen in a process of its own."""

import json
import subprocess
import sys

import pytest

from modelfleet.catalogue import find
from tests.serving import EVENT

TRAINING = {
    "pandas",
    "sklearn",
    "scipy",
    "mlflow",
    "jinja2",
    "matplotlib",
    "xgboost",
    "imblearn",
    "onnx",
    "skl2onnx",
    "evidently",
    "pyarrow",
    "sqlalchemy",
}
# Powertools looks whether botocore is there, to sign the requests that others make with it. The
# image does not have it, and this process must do without it as well.
AWS_SDK = {"boto3", "botocore"}

WITHOUT = """
import sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError("not installed: " + name, name=name)

sys.meta_path.insert(0, NotInstalled())
"""
SERVE = """
import json, sys
from functions.predict.handler import handler
reply = handler(json.load(sys.stdin), None)
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"status": reply["statusCode"], "loaded": loaded}))
"""


def loaded_by(program: str) -> set[str]:
    """Start the function, predict once, and return the packages that are loaded then."""
    body = json.dumps(find("bankchurn").features.example())
    process = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(EVENT | {"body": body}),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    result = json.loads(process.stdout.splitlines()[-1])
    assert result["status"] == 200
    assert "Traceback" not in process.stderr
    return set(result["loaded"])


@pytest.mark.usefixtures("released")
def test_serving_loads_nothing_of_the_training_world() -> None:
    """After start, bundle and prediction, no training library and no AWS SDK is in the process."""
    loaded = loaded_by(SERVE)
    assert {"fastapi", "mangum", "onnxruntime"} <= loaded
    assert loaded & (TRAINING | {"boto3"}) == set()


@pytest.mark.usefixtures("released")
def test_serving_works_where_nothing_else_is_installed() -> None:
    """The function predicts though the training libraries and the AWS SDK cannot be imported."""
    absent = TRAINING | AWS_SDK
    program = WITHOUT.replace("{absent}", repr(absent)) + SERVE
    assert loaded_by(program) & absent == set()
