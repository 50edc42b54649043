"""Folder of a new model, written atomically."""

import json
import keyword
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cli.output.errors import FleetError, os_fault
from modelfleet import catalogue

# Lint rules on the content of strings, which names and values of a table may violate, regardless of
# the templates. Field names are chosen so that they violate none.
_CAUSED_BY_TABLE = {"E501", "S104", "S108"}
_RUFF = Path(sys.executable).with_name("ruff")
_RULES = Path(__file__).parents[2] / "pyproject.toml"


def require_free(model: str) -> Path:
    """Return the path of a new model's folder.

    Raises
    ------
    FleetError
        If the model exists, or its name is a Python keyword.
    """
    if keyword.iskeyword(model):
        raise FleetError(f"{model} is a Python keyword; choose another name")
    folder = catalogue.homes()[-1] / model
    if model in catalogue.names() or folder.exists():
        raise FleetError(
            f"model {model} already exists; choose another name, or delete it with "
            f"`fleet remove {model}`"
        )
    return folder


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Format the files, then move the folder into place.

    Raises
    ------
    FleetError
        If the files cannot be written, or are not valid, which is a bug of this command.
    """
    temporary = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    # Create it within a package, because some rules depend on a module's full name.
    draft = temporary / catalogue.FLEET / folder.name
    try:
        draft.mkdir(parents=True)
        (draft.parent / "__init__.py").touch()
        for name, text in files.items():
            (draft / name).write_text(text, encoding="utf-8")
        _polish(draft)
        draft.rename(folder)
    except OSError as error:
        raise FleetError(os_fault(error, folder)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove(model: str) -> Path:
    """Delete a model's folder.

    Raises
    ------
    UnknownModelError
        If there is no such model.
    """
    folder = catalogue.folder(model)
    shutil.rmtree(folder)
    return folder


def _polish(folder: Path) -> None:
    """Fix imports, format the files, and suppress rules that the table's names violate."""
    # List the files, because ruff excludes folders with names such as `dist`.
    files = sorted(folder.glob("*.py"))
    _ruff("check", "--quiet", "--fix", "--select", "F401,I", *map(str, files))
    _ruff("format", "--quiet", *map(str, files))
    for file in files:
        # A table's names must not be able to suppress rules.
        options = ("--ignore-noqa", "--output-format", "json")
        found = json.loads(_ruff("check", *options, str(file), check=False))
        codes = sorted({each["code"] for each in found})
        if wrong := [code for code in codes if code not in _CAUSED_BY_TABLE]:
            raise FleetError(f"{file.name}: the generated file breaks {', '.join(wrong)}")
        if codes:
            note = f"# ruff: noqa: {', '.join(codes)}  # names and values of the table\n"
            text = file.read_text(encoding="utf-8")
            end = text.index('"""\n', 3) + 4
            file.write_text(f"{text[:end]}\n{note}{text[end:]}", encoding="utf-8")


def formatted(source: bytes) -> bytes | None:
    """Return Python source as formatted by ruff; `None` if it is not valid."""
    command = [str(_RUFF), "format", "--quiet", "--no-cache", "--config", str(_RULES), "-"]
    done = subprocess.run(command, input=source, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def _ruff(*arguments: str, check: bool = True) -> str:
    command = [str(_RUFF), *arguments, "--no-cache", "--config", str(_RULES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise FleetError(f"the generated files are not valid: {done.stdout.strip() or done.stderr}")
    return done.stdout
