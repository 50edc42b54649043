"""The folder of a new model: written whole or not at all, and taken away again."""

import json
import keyword
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cli.output.errors import FleetError
from modelfleet import catalogue

# What a table's own names and values may bring along, and no rewording would mend.
_OF_THE_TABLE = {"E501"}
_RUFF = Path(sys.executable).with_name("ruff")
_RULES = Path(__file__).parents[2] / "pyproject.toml"


def require_free(model: str) -> Path:
    """Where a model's folder is to be.

    Raises
    ------
    FleetError
        If there is one already, or Python has another use for the name; the text says what to do.
    """
    if keyword.iskeyword(model):
        raise FleetError(f"{model}: Python reserves this name; give the model another one")
    folder = catalogue.homes()[-1] / model
    if model in catalogue.names() or folder.exists():
        raise FleetError(
            f"there is a model {model} already, and nothing was changed; see it with: fleet check "
            f"{model}, take it away with: fleet remove {model}, or give the new one another name"
        )
    return folder


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Format the files, and let them be there all at once.

    Raises
    ------
    FleetError
        If what was written is no sound Python, which is a fault of this command.
    """
    beside = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    draft = beside / folder.name
    try:
        draft.mkdir()
        for name, text in files.items():
            (draft / name).write_text(text, encoding="utf-8")
        _polish(draft)
        draft.rename(folder)
    except OSError as error:
        raise FleetError(f"{folder}: it cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def remove(model: str) -> Path:
    """Take a model's folder away.

    Raises
    ------
    UnknownModelError
        If there is none.
    """
    folder = catalogue.folder(model)
    shutil.rmtree(folder)
    return folder


def _polish(folder: Path) -> None:
    """Sort and thin out imports, format, and allow what the table's own words bring along."""
    _ruff("check", "--quiet", "--fix", "--select", "F401,I", str(folder))
    _ruff("format", "--quiet", str(folder))
    for file in sorted(folder.glob("*.py")):
        # Whatever a table's words say to linters, they say it to nobody.
        options = ("--ignore-noqa", "--output-format", "json")
        found = json.loads(_ruff("check", *options, str(file), check=False))
        codes = sorted({each["code"] for each in found})
        if wrong := [code for code in codes if code not in _OF_THE_TABLE]:
            raise FleetError(f"{file.name}: the written file breaks {', '.join(wrong)}")
        if codes:
            note = f"# ruff: noqa: {', '.join(codes)}  the table's own names and values\n"
            text = file.read_text(encoding="utf-8")
            end = text.index('"""\n', 3) + 4
            file.write_text(f"{text[:end]}\n{note}{text[end:]}", encoding="utf-8")


def _ruff(*arguments: str, check: bool = True) -> str:
    command = [str(_RUFF), *arguments, "--no-cache", "--config", str(_RULES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise FleetError(f"the written files are not sound: {done.stdout.strip() or done.stderr}")
    return done.stdout
