"""The layers of the zip functions: our code and others', which change at different times."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from aws_cdk import aws_lambda
from constructs import Construct

from cdk.shared.function_code import BUILD, ROOT, library_sources, publish, zip_code

RUNTIME = aws_lambda.Runtime.PYTHON_3_13
_PLATFORM = "x86_64-manylinux_2_28"
_PYTHON = "3.13"
_HASH_LENGTH = 16


class SharedCode(aws_lambda.LayerVersion):
    """Published from `layers/`: the shared library and the models' declarations."""

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
    """Published from a lock file, and built without a container engine."""

    def __init__(self, scope: Construct, id_: str, *, requirements: str) -> None:
        super().__init__(
            scope,
            id_,
            code=aws_lambda.Code.from_asset(str(_installed(ROOT / "requirements" / requirements))),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[aws_lambda.Architecture.X86_64],
            description=f"The packages of {requirements}",
        )


def _installed(lock: Path) -> Path:
    """The locked packages in a folder named by the lock's content, installed at most once."""
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
