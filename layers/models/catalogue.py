"""Finds the models' folders and reads what they declare."""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from pydantic import ValidationError

from modelfleet.domain.errors import SpecError, UnknownModelError
from modelfleet.domain.spec import ModelSpec

_FOLDER = Path(__file__).parent
_SPEC_FILE = "spec.py"


def names() -> tuple[str, ...]:
    """Every model of the fleet, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in _FOLDER.glob(f"*/{_SPEC_FILE}")))


@cache
def find(name: str) -> ModelSpec:
    """Read one model's declaration.

    Raises
    ------
    UnknownModelError
        If there is no such folder.
    SpecError
        If the folder's `spec.py` cannot be read; the text names the file and the field.
    """
    if name not in names():
        raise UnknownModelError(f"no model {name!r}; there are: {', '.join(names())}")
    file = f"layers/models/{name}/{_SPEC_FILE}"
    spec = getattr(_read(name, file), "SPEC", None)
    if not isinstance(spec, ModelSpec):
        raise SpecError(f"{file}: it must define SPEC = ModelSpec(...)")
    if spec.name != name:
        raise SpecError(f"{file}: field name is {spec.name!r}, the folder is {name!r}")
    return spec


def catalogue() -> dict[str, ModelSpec]:
    """Every model's declaration, by name."""
    return {name: find(name) for name in names()}


def _read(name: str, file: str) -> ModuleType:
    try:
        return import_module(f"models.{name}.spec")
    except ValidationError as error:
        raise SpecError(f"{file}: {_first_fault(error)}") from error
    except SpecError as error:
        raise SpecError(f"{file}: {error}") from error


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    field = ".".join(str(part) for part in fault["loc"])
    return f"field {field}: {fault['msg']}" if field else str(fault["msg"])
