"""The commands by name, each imported as it is asked for: nobody waits for others' libraries."""

from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

# In the order of the help. A name leads to a function, or an app of commands, in `cli.commands`.
COMMANDS = {
    "up": "local:up",
    "down": "local:down",
    "recover": "recover:recover",
    "status": "status:status",
    "new": "new:new",
    "check": "check:check",
    "remove": "remove:remove",
    "retrain": "retrain:retrain",
    "train": "train:train",
    "models": "models:models",
    "card": "models:card",
    "compare": "compare:compare",
    "predict": "predict:predict",
    "batch": "batch:batch",
    "simulate": "simulate:simulate",
    "performance": "performance:performance",
    "drift": "drift:drift",
    "report": "report:report",
    "rollback": "rollback:rollback",
    "history": "history:history",
    "logs": "logs:logs",
    "costs": "costs:costs",
    "ui": "local:ui",
    "data": "data:app",
    "alerts": "alerts:app",
    "release": "release:app",
    "drill": "drill:app",
}


class LazyCommands(TyperGroup):
    """The group of them all; its help imports every one."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Imported(COMMANDS)


class _Imported(UserDict[str, Any]):
    """Places by name, which become commands as they are taken."""

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, str):
            found = self[name] = _command(name, found)
        return found


def _command(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(f"cli.commands.{module}"), attribute)
    app = typer.Typer(rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name)
    else:
        app.command(name)(found)
    return get_group(app).commands[name]
