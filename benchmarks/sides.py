"""The three sides of the serving benchmark: packages, code, and environment."""

import compileall
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.layout import MODEL_VARIABLE, REPOSITORY, WORK
from benchmarks.packages import product_packages, usual_packages
from benchmarks.usual_model import USUAL_MODEL
from modelfleet.settings import PredictSettings

EMPTY, PRODUCT, USUAL = "empty", "product", "usual"
BUCKET = "artifacts"
REGION = "us-east-1"
CREDENTIAL = "benchmark"


@dataclass(frozen=True)
class Side:
    """One side: the handler's module, and its process."""

    name: str
    module: str
    packages: Path
    environment: Mapping[str, str]
    batches: bool


def sides(model: str, endpoint: str) -> list[Side]:
    """Return the empty function, modelfleet, and the usual way, all with the same S3 server."""
    product, usual = product_packages(), usual_packages()
    code = _code()
    return [
        Side(EMPTY, "benchmarks.empty_function", product, _path(product, code), batches=False),
        Side(
            PRODUCT,
            "functions.predict.handler",
            product,
            _path(product, code) | _access(endpoint) | _settings(model),
            batches=True,
        ),
        Side(
            USUAL,
            "benchmarks.usual_function",
            usual,
            _path(usual, code) | _access(endpoint) | _mlflow(endpoint),
            batches=True,
        ),
    ]


def _path(*folders: Path) -> dict[str, str]:
    return {"PYTHONPATH": ":".join(map(str, folders)), "PATH": "/usr/bin:/bin"}


def _access(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": CREDENTIAL,
        "AWS_SECRET_ACCESS_KEY": CREDENTIAL,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }


def _settings(model: str) -> dict[str, str]:
    return PredictSettings(
        stage="prod",
        model=model,
        artifacts_bucket=BUCKET,
        lake_bucket=BUCKET,
        signing_keys="key:benchmark",
        refresh_seconds=30.0,
        maximum_body_bytes=1024 * 1024,
        docs_enabled=False,
        details_enabled=False,
        allowed_origins="",
    ).to_environment()


def _mlflow(endpoint: str) -> dict[str, str]:
    return {
        MODEL_VARIABLE: f"s3://{BUCKET}/{USUAL_MODEL}",
        "MLFLOW_S3_ENDPOINT_URL": endpoint,
        # Without a network, it would only time out.
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "HOME": "/tmp",  # noqa: S108  # where Lambda's HOME is too
    }


def _code() -> Path:
    """Copy and compile the sources of this repository, as in the image."""
    target = WORK / "code"
    shutil.rmtree(target, ignore_errors=True)
    for source, name in (
        (REPOSITORY / "layers" / "modelfleet", "modelfleet"),
        (REPOSITORY / "layers" / "models", "models"),
        (REPOSITORY / "functions", "functions"),
        (REPOSITORY / "benchmarks", "benchmarks"),
    ):
        ignored = shutil.ignore_patterns("__pycache__", "results")
        shutil.copytree(source, target / name, ignore=ignored)
    if not compileall.compile_dir(target, quiet=1):
        raise RuntimeError(f"{target} does not compile")
    return target
