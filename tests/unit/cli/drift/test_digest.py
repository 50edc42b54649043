"""`fleet digest`: the week of the fleet as text and as JSON."""

import json
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.cloud import Cloud
from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import names
from modelfleet.resource_names import Output
from modelfleet.storage.object_store import ObjectStore

ADDRESS = f"https://{'long' * 30}.example.com/console"


@dataclass
class Account:
    """A stage in which nothing was released yet."""

    artifacts: ObjectStore

    def store(self, _: Output) -> ObjectStore:
        """The only bucket."""
        return self.artifacts

    def output(self, _: Output) -> str:
        """The console's address."""
        return ADDRESS


def typed(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """Run the command on an empty stage; it must succeed."""
    monkeypatch.setattr(Cloud, "connect", lambda *_: Account(memory_store()))
    return CliRunner().invoke(app, ["digest", *arguments], catch_exceptions=False).stdout


def test_the_text_names_every_model_and_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model without any document has its line, and a long address stays in one piece."""
    text = typed(monkeypatch, "--stage", "prod")
    assert text.startswith("modelfleet prod, ")
    for name in names():
        assert f"{name}: not released" in text
    assert f"Console: {ADDRESS}" in text


def test_programs_get_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the same models, with numbers as numbers."""
    found = json.loads(typed(monkeypatch, "--json"))
    assert [each["model"] for each in found["models"]] == sorted(names())
    assert {each["predictions"] for each in found["models"]} == {0}
    assert found["attention"] == 0
