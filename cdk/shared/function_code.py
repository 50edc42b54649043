"""The code of a function: its own folder, the shared library, and the models' specs."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from aws_cdk import IgnoreMode, aws_ecr_assets, aws_lambda

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".fleet" / "build"
_HASH_LENGTH = 16
# Code, page templates, and what pages load.
_SOURCES = {".py", ".j2", ".css", ".js", ".svg"}


def library_sources() -> dict[str, Path]:
    """Return the files of the shared library, its templates, and models, by path in the archive."""
    return dict(_sources(ROOT / "layers", "modelfleet", "models"))


def function_sources(unit: str) -> dict[str, Path]:
    """Return the files of a function's own folder, by path in the archive."""
    package = {"functions/__init__.py": ROOT / "functions" / "__init__.py"}
    own = dict(_sources(ROOT, f"functions/{unit}"))
    if f"functions/{unit}/handler.py" not in own:
        raise FileNotFoundError(f"functions/{unit} has no handler.py")
    return package | own


def zip_code(sources: dict[str, Path]) -> aws_lambda.Code:
    """Return an archive of exactly these files."""
    return aws_lambda.Code.from_asset(str(stage_files(sources)))


def image_code(unit: str, entry: str) -> aws_lambda.DockerImageCode:
    """Return an image of `functions/<unit>/Dockerfile`; its context is only the copied files."""
    return aws_lambda.DockerImageCode.from_image_asset(
        str(ROOT),
        file=f"functions/{unit}/Dockerfile",
        cmd=[entry],
        platform=aws_ecr_assets.Platform.LINUX_AMD64,
        ignore_mode=IgnoreMode.DOCKER,
        exclude=_exclusions(unit),
    )


def stage_files(sources: dict[str, Path]) -> Path:
    """Copy files into a folder named after their content, unless it exists."""
    target = BUILD / "code" / _digest(sources)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=target.parent))
        for name, file in sources.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, draft / name)
        publish(draft, target)
    return target


def publish(draft: Path, target: Path) -> None:
    """Rename a finished folder; if another process did so first, keep its identical folder."""
    draft.chmod(0o755)
    try:
        draft.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(draft)


def _sources(base: Path, *folders: str) -> Iterator[tuple[str, Path]]:
    for folder in folders:
        for file in sorted((base / folder).rglob("*")):
            if file.suffix in _SOURCES:
                yield file.relative_to(base).as_posix(), file


def _digest(sources: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, file in sorted(sources.items()):
        digest.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:_HASH_LENGTH]


def _exclusions(unit: str) -> list[str]:
    """Exclude everything except what the unit's Dockerfile copies."""
    own = [f"functions/{unit}", "functions/__init__.py", f"requirements/{unit}.txt"]
    copied = [*own, "layers", "images"]
    return ["*", *(f"!{path}" for path in copied), "**/__pycache__", "**/*.pyc"]
