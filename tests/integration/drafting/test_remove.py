"""`fleet remove` takes the folder and nothing else, and says where everything else is."""

import importlib
import json
from pathlib import Path

import pytest

from cli.output.errors import FleetError
from modelfleet import catalogue
from modelfleet.spec.errors import UnknownModelError
from modelfleet.storage import keys
from tests import tables
from tests.integration.drafting.made import run


@pytest.fixture
def narrow(home: Path, tmp_path: Path) -> Path:
    """The folder of a model that was just written."""
    if not (home / "fleeting").exists():
        table = tables.write(tables.narrow(300), tmp_path, "narrow")
        run("new", "fleeting", "--csv", str(table), "--target", "rent", "--yes")
        importlib.invalidate_caches()
    return home / "fleeting"


def test_without_consent_nothing_is_removed(narrow: Path) -> None:
    """Where nobody can be asked, the folder stays."""
    with pytest.raises(FleetError, match="nothing was deleted"):
        run("remove", "fleeting")
    assert (narrow / "spec.py").is_file()


def test_the_folder_goes_and_the_rest_is_named(narrow: Path, home: Path) -> None:
    """Every place where the cloud keeps something of the model is in the commands to delete it."""
    told = json.loads(run("remove", "fleeting", "--yes", "--json").stdout)
    assert list(home.iterdir()) == []
    assert "fleeting" not in catalogue.names()
    commands = "\n".join(told["to_delete"])
    for place in (
        keys.bundle("fleeting", "1"),
        keys.release_pointer("fleeting"),
        keys.dataset("fleeting", "d1"),
        keys.captures("fleeting", "2026-01-31"),
        keys.feedback("fleeting", "2026-01-31", "id"),
        keys.reports("fleeting"),
        keys.release_history("fleeting"),
    ):
        assert any(place.startswith(prefix) for prefix in removed(commands)) or place in commands


def removed(commands: str) -> list[str]:
    """The keys that the commands delete."""
    keys_named = [line.split("/", 3)[3].split(" ")[0] for line in commands.splitlines()]
    return [key.rstrip("/") for key in keys_named]


def test_what_is_not_there_cannot_be_removed(home: Path) -> None:
    """A name that nobody has is refused, with those that there are."""
    with pytest.raises(UnknownModelError, match="bankchurn"):
        run("remove", "nobody", "--yes")
