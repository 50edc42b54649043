"""Changes a client's settings in a stage's file, and leaves everything else as it is."""

import re
import tomllib
from pathlib import Path
from typing import Any

from cli.output.errors import FleetError
from cli.output.files import write_atomically
from modelfleet.spec.names import quoted

_CLIENTS, _SETTING = "clients", "report_outcomes"
_DEFAULT = "default"
_TABLE = re.compile(r"^\s*\[")


def permit_reports(file: Path, client: str, permitted: bool) -> bool:
    """Set whether a client may report outcomes, and return whether that changes the file.

    Raises
    ------
    FleetError
        If the file has no such client, or is written in a form that cannot be changed line by line.
    """
    text = file.read_text(encoding="utf-8")
    settings = _parsed(file, text)
    clients = settings.get(_CLIENTS, {})
    if client not in clients and client != _DEFAULT:
        names = ", ".join(dict.fromkeys([_DEFAULT, *clients]))
        raise FleetError(
            f"stages/{file.name} has no client {quoted(client)}; its clients are {names}; "
            f"add a table [clients.NAME] first"
        )
    own = clients.get(client, {})
    if own.get(_SETTING, False) == permitted:
        return False
    changed = _with_setting(text, client, permitted)
    expected = settings | {_CLIENTS: clients | {client: own | {_SETTING: permitted}}}
    if not _says(changed, expected):
        raise FleetError(
            f"cannot change stages/{file.name} line by line; set {_SETTING} = "
            f"{str(permitted).lower()} in [{_CLIENTS}.{client}] yourself"
        )
    write_atomically(file, changed.encode())
    return True


def _says(text: str, expected: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        return False


def _with_setting(text: str, client: str, permitted: bool) -> str:
    line = f"{_SETTING} = {str(permitted).lower()}"
    lines = text.split("\n")
    heading = re.compile(rf"^\s*\[\s*{_CLIENTS}\s*\.\s*{re.escape(client)}\s*\]\s*(#.*)?$")
    start = next((place for place, each in enumerate(lines) if heading.match(each)), None)
    if start is None:
        return f"{text.rstrip()}\n\n[{_CLIENTS}.{client}]\n{line}\n"
    for place in range(start + 1, len(lines)):
        if _TABLE.match(lines[place]):
            break
        if re.match(rf"^\s*{_SETTING}\s*=", lines[place]):
            lines[place] = line
            return "\n".join(lines)
    return "\n".join([*lines[: start + 1], line, *lines[start + 1 :]])


def _parsed(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FleetError(f"stages/{file.name} is not valid TOML: {error}") from error
