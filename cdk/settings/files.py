"""Reads the settings of a stage from its file in `stages/`."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from cdk.settings.ci import CiSettings
from cdk.settings.overrides import override
from cdk.settings.problems import path_of, problems
from cdk.settings.schema import settings_of
from cdk.settings.stage import Database, Stage, StageError

FOLDER = Path(__file__).resolve().parents[2] / "stages"

# In place of a stage: the roles of CI, which are not part of one.
CI = "ci"

_T = TypeVar("_T")


def stage_names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the names of all stages: each file but that of CI is one."""
    return tuple(name for name in _names(folder) if name != CI)


def deployed_by_ci(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the names of the stages in AWS."""
    return tuple(
        name
        for name in stage_names(folder)
        if read_stage(name, folder=folder).database is Database.AURORA
    )


def read_stage(
    name: str | None, context: Mapping[str, Any] | None = None, folder: Path = FOLDER
) -> Stage:
    """Return the settings of a stage.

    Parameters
    ----------
    name
        The stage: `stages/<name>.toml` has its settings.
    context
        The CDK context, whose settings override those of the file.

    Raises
    ------
    StageError
        If there is no such file, or a setting is missing, unknown, or not valid; the message lists
        everything that is wrong.
    """
    file = _file(name, folder)
    stage = _read(Stage, file, context or {}, {"name": file.stem})
    _require(file, list(stage.contradictions()))
    return stage


def read_ci(context: Mapping[str, Any] | None = None, folder: Path = FOLDER) -> CiSettings:
    """Return the settings of the CI stack.

    Raises
    ------
    StageError
        As `read_stage`.
    """
    return _read(CiSettings, _file(CI, folder), context or {}, {})


def _read(kind: type[_T], file: Path, context: Mapping[str, Any], fixed: Mapping[str, str]) -> _T:
    known, adapter = settings_of(kind), TypeAdapter(kind)
    stored = _parsed(file)
    found = [
        f"{each}: unknown setting; the file is named after it" for each in fixed if each in stored
    ]
    overridden = override(stored, context, known)
    found += overridden.faults
    try:
        # Strict, because TOML has types. As JSON, which has one kind of list for tuples and sets.
        adapter.validate_json(json.dumps({**stored, **fixed}, default=str), strict=True)
    except ValidationError as error:
        own = [each for each in error.errors() if not overridden.covers(path_of(each))]
        found += problems(own, known)
    try:
        settings = adapter.validate_python({**overridden.settings, **fixed})
    except ValidationError as error:
        given = [each for each in error.errors() if overridden.covers(path_of(each))]
        found += [f"-c {each}" for each in problems(given, known)]
    _require(file, found)
    return settings


def _require(file: Path, found: list[str]) -> None:
    if found:
        count = f"{len(found)} errors" if len(found) > 1 else "an error"
        raise StageError("\n  ".join([f"{_shown(file)} has {count}:", *found]))


def _names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.toml"))


def _shown(path: Path) -> str:
    repository = FOLDER.parent
    return str(path.relative_to(repository) if path.is_relative_to(repository) else path)


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StageError(f"{_shown(file)} is not valid TOML: {error}") from error


def _file(name: str | None, folder: Path) -> Path:
    names = _names(folder)
    if name in names:
        return folder / f"{name}.toml"
    files = ", ".join(f"{each}.toml" for each in names)
    problem = f"there is no {_shown(folder)}/{name}.toml" if name else "no stage was given"
    raise StageError(
        f"{problem}; use -c stage=NAME with the name of a file in {_shown(folder)}/: {files}"
    )
