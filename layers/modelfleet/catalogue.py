"""Finds the model folders, and imports their modules at run time."""

import re
import traceback
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from pydantic import ValidationError

from modelfleet.spec.errors import SpecError, UnknownModelError
from modelfleet.spec.model import MODEL_NAME_PATTERN, ModelSpec
from modelfleet.spec.names import quoted

FLEET = "models"
_SPEC_FILE = "spec.py"


def names(fleet: str = FLEET) -> tuple[str, ...]:
    """Return the names of all models of the fleet, in alphabetical order."""
    specs = (path for home in homes(fleet) for path in home.glob(f"[!.]*/{_SPEC_FILE}"))
    return tuple(sorted({path.parent.name for path in specs}))


@cache
def find(name: str, fleet: str = FLEET) -> ModelSpec:
    """Read a model's declaration.

    Parameters
    ----------
    name
        The model's folder.
    fleet
        The package that contains the folders.

    Raises
    ------
    UnknownModelError
        If there is no such folder.
    SpecError
        If the folder's `spec.py` is invalid; the message names the file and the field.
    """
    file = folder(name, fleet) / _SPEC_FILE
    spec = getattr(_read(f"{fleet}.{name}.spec", file), "SPEC", None)
    if not isinstance(spec, ModelSpec):
        raise SpecError(f"{_shown(file)}: must define SPEC = ModelSpec(...)")
    if spec.name != name:
        raise SpecError(f"{_shown(file)}: field name is {spec.name!r}, the folder is {name!r}")
    return spec


def catalogue(fleet: str = FLEET) -> dict[str, ModelSpec]:
    """Return the declarations of all models, by name."""
    return {name: find(name, fleet) for name in names(fleet)}


def folder(name: str, fleet: str = FLEET) -> Path:
    """Return a model's folder.

    Raises
    ------
    UnknownModelError
        If there is no such folder.
    """
    for each in homes(fleet) if re.fullmatch(MODEL_NAME_PATTERN, name) else ():
        if (each / name / _SPEC_FILE).is_file():
            return each / name
    known = names(fleet)
    near = get_close_matches(name.casefold(), known, n=1)
    meant = f"; did you mean {near[0]}" if near else ""
    raise UnknownModelError(f"no model {quoted(name)}{meant}; available: {', '.join(known)}")


def homes(fleet: str = FLEET) -> tuple[Path, ...]:
    """Return the folders that contain models; `fleet new` writes to the last one."""
    return tuple(map(Path, import_module(fleet).__path__))


def module(name: str, part: str, fleet: str = FLEET) -> ModuleType | None:
    """Import one of the optional modules in a model's folder, such as `estimators`.

    Returns
    -------
    module or None
        `None` if the folder has no such module.
    """
    wanted = f"{fleet}.{name}.{part}"
    try:
        return import_module(wanted)
    except ModuleNotFoundError as error:
        if error.name is None or not wanted.startswith(error.name):
            raise
        return None


def _read(module: str, file: Path) -> ModuleType:
    try:
        return import_module(module)
    except ValidationError as error:
        raise SpecError(f"{_shown(file)}: {_first_fault(error)}") from error
    except SpecError as error:
        raise SpecError(f"{_shown(file)}: {error}") from error
    except Exception as error:
        # A spec is code and can raise anything; its author needs the file and the line.
        kind = type(error).__name__
        raise SpecError(f"{_shown(file)}{_line(error, file)}: {kind}: {error}") from error


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    field = ".".join(str(part) for part in fault["loc"])
    return f"field {field}: {fault['msg']}" if field else str(fault["msg"])


def _line(error: Exception, file: Path) -> str:
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    lines = [
        f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == file
    ]
    return f", line {lines[-1]}" if lines else ""


def _shown(file: Path) -> str:
    """Return the file's path, relative to the working directory if possible."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
