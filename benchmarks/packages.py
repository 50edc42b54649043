"""Installs the packages of each side into a separate folder, as in its image."""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.layout import REPOSITORY, WORK

_LOCKS = REPOSITORY / "requirements"
_HASH_LENGTH = 16
_PINNED = re.compile(r"^([A-Za-z0-9._-]+(?:\[[a-z,]+\])?)==([^\s;\\]+)", re.MULTILINE)

# Usual packages to serve a logged model behind FastAPI. `xgboost` instead of `xgboost-cpu` would
# add the CUDA libraries, and flatter the comparison.
USUAL = (
    "fastapi",
    "mangum",
    "mlflow",
    "scikit-learn",
    "xgboost-cpu",
    "imbalanced-learn",
    "pandas",
    "boto3",
    "awslambdaric",
)


def product_packages() -> Path:
    """Install the packages of the predict image, from `requirements/predict.txt`."""
    lock = _LOCKS / "predict.txt"
    return _installed(
        "product", ["--require-hashes", "--requirements", str(lock)], lock.read_text()
    )


def usual_packages() -> Path:
    """Install the packages of the usual way, in the versions locked by this repository."""
    pins = "\n".join(f"{name}=={version}" for name, version in versions(_LOCKS / "dev.txt").items())
    WORK.mkdir(parents=True, exist_ok=True)
    constraints = WORK / "constraints.txt"
    constraints.write_text(pins)
    return _installed("usual", ["--constraints", str(constraints), *USUAL], f"{pins} {USUAL}")


def versions(lock: Path) -> dict[str, str]:
    """Return the version of each package in a lock file."""
    return {name.split("[")[0]: version for name, version in _PINNED.findall(lock.read_text())}


def size_mb(folder: Path) -> float:
    """Return the size of a folder's files in megabytes (10^6 bytes), without bytecode."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")
    return sum(file.stat().st_size for file in files) / 1e6


def _installed(name: str, arguments: Sequence[str], content: str) -> Path:
    """Install packages once, into a folder named after their requirements."""
    digest = hashlib.sha256(content.encode()).hexdigest()[:_HASH_LENGTH]
    target = WORK / "packages" / f"{name}-{digest}"
    if not target.exists():
        draft = target.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        _install(draft, arguments)
        draft.rename(target)
    return target


def _install(folder: Path, arguments: Sequence[str]) -> None:
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "--no-config", "pip", "install", "--quiet", "--link-mode", "copy"]
    # Compile, as when the images are built.
    command += ["--target", str(folder), "--compile-bytecode", "--python", sys.executable]
    subprocess.run([*command, *arguments], check=True)
