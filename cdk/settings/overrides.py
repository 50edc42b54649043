"""Settings in the CDK context, which override those of a stage's file for one deployment."""

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from cdk.settings.schema import Setting, declared, unknown
from modelfleet.resource_names import StackPart

# The CDK's own context has colons, slashes, or hyphens in its names.
_SETTING = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_-]*)*")
_NOT_SETTINGS = frozenset({"stage", "tracking_uri", "engine"})


@dataclass(frozen=True, kw_only=True)
class Overridden:
    """A file's settings with those of the context, not validated yet."""

    settings: Mapping[str, Any]
    paths: frozenset[str]
    faults: tuple[str, ...]

    def covers(self, path: str) -> bool:
        """Whether the context gives the setting at this path, or the table that it is in."""
        return any(f"{path}.".startswith(f"{each}.") for each in self.paths)


def override(
    stored: Mapping[str, Any], context: Mapping[str, Any], known: Mapping[str, Setting]
) -> Overridden:
    """Return the settings of a file, changed by those of the context.

    Parameters
    ----------
    stored
        The content of the file.
    context
        The CDK context. The names of settings are their paths in the file, such as
        `release.wait_seconds`. Values are typed, as in cdk.json, or text, as after `-c`: of a list,
        the entries separated by blanks; of a table, JSON. `None` is no value.
    known
        The settings of the stage by path.
    """
    given = {
        name: value
        for name, value in context.items()
        if value is not None and _SETTING.fullmatch(name) and name not in _NOT_SETTINGS
    }
    settings, paths, faults = deepcopy(dict(stored)), set(), []
    for path, value in given.items():
        if declared(path, known) not in known:
            faults.append(f"-c {path}: {unknown(path, known)}")
            continue
        try:
            _put(settings, path, _READERS.get(path, _same)(value))
        except ValueError:
            faults.append(f"-c {path}: {value!r} is not valid; give {known[path].expected}")
        paths.add(path)
    return Overridden(settings=settings, paths=frozenset(paths), faults=tuple(faults))


def _put(settings: dict[str, Any], path: str, value: object) -> None:
    *tables, name = path.split(".")
    for each in tables:
        inner: object = settings.setdefault(each, {})
        if not isinstance(inner, dict):
            return
        settings = inner
    settings[name] = value


def _same(value: object) -> object:
    return value


def _origins(value: object) -> object:
    return value.split() if isinstance(value, str) else value


def _parts(value: object) -> object:
    if not isinstance(value, str):
        return value
    parts = {"all": ",".join(StackPart), "none": ""}.get(value.strip().lower(), value)
    return [part.strip() for part in parts.split(",") if part.strip()]


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) else value


def _table(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


_READERS: dict[str, Callable[[object], object]] = {
    "allowed_origins": _origins,
    "protected": _parts,
    "clients": _table,
    # Pydantic never converts what it compares with a list of values.
    "log_retention_days": _number,
}
