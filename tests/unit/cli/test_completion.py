"""The shell completes names of models, versions, and jobs."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import typer
from typer.main import get_command

from cli import completion
from cli.app import app
from cli.cloud import Cloud
from cli.lazy_commands import COMMANDS
from cli.output.errors import FleetError
from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find, names
from tests.serving import put_bundle

MODEL = "bankchurn"


def context(**typed: str) -> typer.Context:
    """A line that has been typed so far."""
    found = typer.Context(get_command(app))
    found.params = {**typed}
    return found


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage with two versions of a model."""
    store = memory_store()
    for version in ("1", "12"):
        put_bundle(store, find(MODEL), version)
    cloud = SimpleNamespace(store=lambda _bucket: store)
    monkeypatch.setattr(Cloud, "connect", lambda *_: cloud)


def test_models_are_completed() -> None:
    """By the beginning of their name."""
    assert completion.model_names(context(), "") == [*names()]
    assert completion.model_names(context(), "bank") == [MODEL]


@pytest.mark.usefixtures("stage")
def test_versions_are_completed() -> None:
    """Of the model that was typed, newest first, also as the value of an option."""
    assert completion.versions(context(model=MODEL), "1") == ["12", "1"]
    unassigned = context()
    unassigned.args = [MODEL, "--to"]
    assert completion.versions(unassigned, "12") == ["12"]
    assert completion.dataset_versions(context(model=MODEL), "") == []


def test_without_a_connection_nothing_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error would be printed into the line that is being typed."""

    def fails(*_: object) -> None:
        raise FleetError("the local cloud is not running")

    monkeypatch.setattr(Cloud, "connect", fails)
    for complete in (completion.versions, completion.dataset_versions, completion.job_ids):
        assert complete(context(model=MODEL), "") == []


def test_every_model_argument_is_completed() -> None:
    """Also those of commands to come."""
    group = get_command(app)
    for name in COMMANDS:
        command = group.commands[name]  # type: ignore[attr-defined]  # the group of all commands
        for each in getattr(command, "commands", {name: command}).values():
            for argument in each.params:
                if argument.name == "model" and name != "new":
                    assert argument._custom_shell_complete is not None, name


def test_the_shell_gets_names_only() -> None:
    """As the script of `fleet --install-completion` asks for them."""
    asked = {"_FLEET_COMPLETE": "complete_bash", "COMP_WORDS": "fleet predict b", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-m", "cli.app"],
        env=os.environ | asked, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout.split(), done.stderr) == ([n for n in names() if n.startswith("b")], "")
