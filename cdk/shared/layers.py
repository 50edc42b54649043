"""Layers of the zip functions: shared code, and locked packages, which change less often."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from aws_cdk import aws_lambda
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.function_code import BUILD, ROOT, library_sources, publish, zip_code

RUNTIME = aws_lambda.Runtime.PYTHON_3_13
_PLATFORM = "x86_64-manylinux_2_28"
_PYTHON = "3.13"
_HASH_LENGTH = 16


def build_layers(
    scope: Construct, *, stage: Stage, requirements: str = "runtime.txt"
) -> list[aws_lambda.ILayerVersion]:
    """Return the layers of a zip function; none if the stage packs everything into its archive.

    By default, the packages are those of every function's runtime and no others.
    """
    if not stage.shared_layers:
        return []
    return [
        SharedCode(scope, "SharedCode"),
        Libraries(scope, "Libraries", requirements=requirements),
    ]


class SharedCode(aws_lambda.LayerVersion):
    """The shared library and the models' specs, from `layers/`."""

    def __init__(self, scope: Construct, id_: str) -> None:
        sources = {f"python/{name}": file for name, file in library_sources().items()}
        super().__init__(
            scope,
            id_,
            code=zip_code(sources),
            compatible_runtimes=[RUNTIME],
            description="modelfleet and the models' declarations",
        )


class Libraries(aws_lambda.LayerVersion):
    """The packages of a lock file, installed without a container engine."""

    def __init__(self, scope: Construct, id_: str, *, requirements: str) -> None:
        super().__init__(
            scope,
            id_,
            code=aws_lambda.Code.from_asset(
                str(_install_once(ROOT / "requirements" / requirements))
            ),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[aws_lambda.Architecture.X86_64],
            description=f"The packages of {requirements}",
        )


def _install_once(lock: Path) -> Path:
    """Install the locked packages into a folder named after the lock's content."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:_HASH_LENGTH]
    target = BUILD / "libraries" / f"{lock.stem}-{digest}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=target.parent))
        _install(lock, draft / "python")
        publish(draft, target)
    return target


def _install(lock: Path, folder: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "install", "--quiet", "--target", str(folder)]
    command += ["--python-platform", _PLATFORM, "--python-version", _PYTHON]
    command += ["--only-binary", ":all:", "--no-compile-bytecode"]
    command += ["--require-hashes", "--requirements", str(lock)]
    try:
        subprocess.run(command, check=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(folder.parent)
        raise
