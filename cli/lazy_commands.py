"""The commands by name; each is imported when it is used, because its libraries may be slow."""

from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

# In the order of `fleet --help`: where in `cli.commands` a command's function or Typer app is.
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
    "digest": "operations.digest:digest",
    "rollback": "serving.rollback:rollback",
    "history": "serving.history:history",
    "logs": "operations.logs:logs",
    "costs": "operations.costs:costs",
    "console": "local.console:console",
    "doctor": "operations.doctor:doctor",
    "ui": "local.ui:ui",
    "data": "models.data:app",
    "outcomes": "models.outcomes:app",
    "columns": "models.columns:app",
    "forget": "operations.forget:forget",
    "jobs": "operations.jobs:app",
    "alerts": "operations.alerts:app",
    "clients": "serving.clients:app",
    "release": "serving.release:app",
    "drill": "operations.drill:app",
}


class LazyCommands(TyperGroup):
    """The group of all commands; only its help imports all of them."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Imported(COMMANDS)


class _Imported(UserDict[str, Any]):
    """Replaces a command's location by the command when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, str):
            found = self[name] = _command(name, found)
        return found


def _command(name: str, location: str) -> Any:
    module, _, attribute = location.partition(":")
    found = getattr(import_module(f"cli.commands.{module}"), attribute)
    app = typer.Typer(rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name)
    else:
        app.command(name)(found)
    return get_group(app).commands[name]
