"""Edits of a model's `spec.py`, which keep its formatting and comments."""

import ast
import importlib.util
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import InspectLoader
from pathlib import Path
from types import ModuleType

from cli.drafting.folder import formatted
from cli.drafting.python_source import literal
from cli.output.errors import FleetError
from cli.output.files import atomic_file
from modelfleet.spec.model import ModelSpec

_EDITED = "_edited_spec"
_LITERAL = "Literal"


def add_category(spec: ModelSpec, file: Path, column: str, value: str) -> None:
    """Add a value to the categories that a column lists, and verify the result before writing it.

    Parameters
    ----------
    spec
        The model as the file declares it.
    file
        The model's `spec.py`.
    column
        A column whose categories are listed.
    value
        A category that the column does not list.

    Raises
    ------
    FleetError
        If the list is not in the file, or the edited file would declare anything else than before;
        the file is unchanged.
    """
    source = file.read_bytes()
    edited = _edited(spec, source, column, value, file)
    if formatted(source) == source:
        edited = formatted(edited) or edited
    _verify(spec, edited, column, value, file)
    with atomic_file(file) as temporary:
        temporary.write_bytes(edited)
        shutil.copymode(file, temporary)


def _edited(spec: ModelSpec, source: bytes, column: str, value: str, file: Path) -> bytes:
    values = _listed(ast.parse(source), spec.features.__name__, _field(spec, column))
    if not values:
        raise FleetError(
            f"{file.name} does not list the categories of {column} as Literal[...] in the class "
            f"{spec.features.__name__}; add {value!r} where they are listed"
        )
    return _with_element(source, values, str(literal(value)).encode())


def _field(spec: ModelSpec, column: str) -> str:
    fields = spec.features.model_fields.items()
    return next(name for name, field in fields if (field.alias or name) == column)


def _listed(module: ast.Module, features: str, field: str) -> list[ast.expr]:
    """Return the elements of the field's `Literal`, which may be named in the same module."""
    classes = (node for node in module.body if isinstance(node, ast.ClassDef))
    for node in (each for found in classes if found.name == features for each in found.body):
        if isinstance(node, ast.AnnAssign) and _is_name(node.target, field):
            found = _elements(node.annotation)
            return found or _named(module, node.annotation)
    return []


def _named(module: ast.Module, annotation: ast.expr) -> list[ast.expr]:
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if any(isinstance(each, ast.Name) and each.id in names for each in targets):
            value = getattr(node, "value", None)
            return _elements(value) if isinstance(value, ast.expr) else []
    return []


def _elements(annotation: ast.expr) -> list[ast.expr]:
    for node in ast.walk(annotation):
        if not isinstance(node, ast.Subscript) or not _is_literal(node.value):
            continue
        inner = node.slice
        return list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
    return []


def _is_literal(node: ast.expr) -> bool:
    return _is_name(node, _LITERAL) or (isinstance(node, ast.Attribute) and node.attr == _LITERAL)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _with_element(source: bytes, values: list[ast.expr], element: bytes) -> bytes:
    """Insert an element after the last one; on a line of its own if that one has its own."""
    lines = source.splitlines(keepends=True)
    last = values[-1]
    row, end = (last.end_lineno or last.lineno) - 1, last.end_col_offset or 0
    line = lines[row]
    before, after = line[:end], line[end:]
    code = after.partition(b"#")[0].strip()
    if code not in (b"", b","):
        lines[row] = before + b", " + element + after
        return b"".join(lines)
    # The list goes on below: the comment of the last element stays on its line.
    indent = line[: len(line) - len(line.lstrip())]
    ending = b"\r\n" if line.endswith(b"\r\n") else b"\n"
    lines[row] = before + (after if code else b"," + after)
    lines.insert(row + 1, indent + element + b"," + ending)
    return b"".join(lines)


def _verify(spec: ModelSpec, edited: bytes, column: str, value: str, file: Path) -> None:
    """Import the edited source, and compare what it declares."""
    wanted = tuple(
        each.model_copy(update={"categories": (*each.categories, value)})
        if each.name == column
        else each
        for each in spec.features.columns()
    )
    try:
        with _imported(spec.name, edited) as module:
            made = module.SPEC
            declared = made.features.columns()
            same = (made.name, made.target, made.task) == (spec.name, spec.target, spec.task)
    # A spec is code and can raise anything.
    except Exception as error:
        raise FleetError(
            f"{file.name} would be invalid with {value!r} in {column}: {error}; nothing is changed"
        ) from error
    if not same or declared != wanted:
        raise FleetError(
            f"adding {value!r} to {column} would change more of {file.name} than this column; add "
            "it in an editor"
        )


@contextmanager
def _imported(model: str, source: bytes) -> Iterator[ModuleType]:
    """Import source as a module next to the model's own, under a name of its own."""
    name = f"models.{model}.{_EDITED}"
    found = importlib.util.spec_from_loader(name, _Text(source))
    if found is None or found.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(found)
    # Pydantic resolves names in annotations by the module.
    sys.modules[name] = module
    try:
        found.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[name]


class _Text(InspectLoader):
    """Loads a module from source in memory."""

    def __init__(self, source: bytes) -> None:
        self._source = source

    def get_source(self, fullname: str) -> str:  # noqa: ARG002  there is a single module
        return self._source.decode("utf-8-sig")
