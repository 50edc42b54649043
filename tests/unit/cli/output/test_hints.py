"""Recommended commands act on the stage that the user works on."""

import json
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cli.app import app, main
from cli.cloud import Cloud
from cli.lazy_commands import COMMANDS
from cli.output.errors import FleetError
from cli.output.hints import WITHOUT_STAGE, for_stage, remember_stage


@pytest.fixture(autouse=True)
def _forgets() -> None:
    remember_stage(None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see `fleet jobs`", "see `fleet jobs --stage dev`"),
        ("`fleet retrain a --force`, `x`", "`fleet retrain a --force --stage dev`, `x`"),
        ("run `fleet doctor --stage prod`", "run `fleet doctor --stage prod`"),
        ("run `fleet up`", "run `fleet up`"),
        ("`fleet columns accept a b c`", "`fleet columns accept a b c`"),
        ("`fleet columns a`", "`fleet columns a --stage dev`"),
        ("train it: fleet retrain a; b", "train it: fleet retrain a --stage dev; b"),
        ("see: fleet alerts list a", "see: fleet alerts list a --stage dev"),
        ("the fleet retrains", "the fleet retrains"),
    ],
)
def test_the_stage_is_added(text: str, shown: str) -> None:
    """To commands that take it, once, and only if it was typed."""
    assert for_stage(text) == text
    remember_stage("dev")
    assert for_stage(text) == shown
    assert for_stage(shown) == shown


def test_every_command_takes_the_stage_or_is_listed() -> None:
    """A new command without the option is added to `WITHOUT_STAGE`."""
    group = get_command(app)
    found = set()
    for name in COMMANDS:
        command = group.commands[name]  # type: ignore[attr-defined]  # the group of all commands
        parts = getattr(command, "commands", None) or {"": command}
        for part, each in parts.items():
            if not any("--stage" in option.opts for option in each.params):
                found.add(f"{name} {part}".strip())
    assert found == WITHOUT_STAGE


def test_errors_keep_the_stage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the message for people, and in the document for programs."""

    def fails(*_: object) -> None:
        raise FleetError("it failed; see `fleet jobs`")

    monkeypatch.setattr(Cloud, "connect", fails)
    monkeypatch.setattr(sys, "argv", ["fleet", "status", "--stage", "dev", "--json"])
    with pytest.raises(SystemExit):
        main()
    told = capsys.readouterr()
    assert told.err == "fleet: it failed; see `fleet jobs --stage dev`\n"
    assert json.loads(told.out)["error"]["hint"] == "see `fleet jobs --stage dev`"


def test_a_stage_of_the_environment_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """It applies to the next command as well."""
    monkeypatch.setenv("FLEET_STAGE", "dev")
    monkeypatch.setattr(Cloud, "connect", lambda *_: 1 / 0)
    CliRunner().invoke(app, ["status"])
    assert for_stage("`fleet jobs`") == "`fleet jobs`"
