"""The commands by name, each imported as it is asked for: nobody waits for others' libraries."""

from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

# In the order of the help. A name leads to a function, or an app of commands, in `cli.commands`.
COMMANDS = {
    "up": "local.up:up",
    "down": "local.up:down",
    "recover": "local.recover:recover",
    "status": "operations.status:status",
    "new": "models.new:new",
    "check": "models.check:check",
    "remove": "models.remove:remove",
    "retrain": "models.retrain:retrain",
    "train": "models.train:train",
    "models": "models.models:models",
    "card": "models.models:card",
    "compare": "models.compare:compare",
    "predict": "serving.predict:predict",
    "batch": "serving.batch:batch",
    "simulate": "serving.simulate:simulate",
    "performance": "operations.performance:performance",
    "drift": "operations.drift:drift",
    "report": "operations.report:report",
    "rollback": "serving.rollback:rollback",
    "history": "serving.history:history",
    "logs": "operations.logs:logs",
    "costs": "operations.costs:costs",
    "ui": "local.up:ui",
    "data": "models.data:app",
    "alerts": "operations.alerts:app",
    "release": "serving.release:app",
    "drill": "operations.drill:app",
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
