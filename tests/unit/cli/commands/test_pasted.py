"""Printed commands can be pasted into a shell without running any text of a table."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from cli.commands.local import up as local
from cli.commands.models.new import _typed
from tests import hostile

NAMES = (*hostile.NAMES, *hostile.UNPRINTABLE, "'; touch PWNED; '", "$(touch PWNED)", "`touch x`")
_CURL = 'curl() { for each; do :; done; printf %s "$each"; }'


def typed(lines: str, folder: Path) -> str:
    """Paste lines into a shell in which curl only prints its last argument."""
    command = ["sh", "-c", f"{_CURL}\n{lines}"]
    done = subprocess.run(command, capture_output=True, check=True, cwd=folder)
    assert not list(folder.iterdir())
    return done.stdout.decode()


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_the_example_request_is_one_argument(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Columns and categories may have names that a shell would interpret."""
    features = SimpleNamespace(example=lambda: {name: name})
    monkeypatch.setattr(local, "find", lambda _: SimpleNamespace(features=features))
    monkeypatch.setattr(local, "read_passwords", lambda _: {})
    cloud = SimpleNamespace(api_url="http://127.0.0.1:9", api_key="k", output=lambda _: "console")
    local._greet(cloud, "toy")  # type: ignore[arg-type]  # all that it needs
    printed = capsys.readouterr().out
    lines = printed[printed.index("curl") : printed.index("fleet status")]
    assert json.loads(typed(lines, tmp_path)) == {name: name}


@pytest.mark.parametrize("name", [*hostile.NAMES, "--yes", "-", "-h"], ids=ascii)
def test_a_file_is_one_argument_and_no_option(name: str, tmp_path: Path) -> None:
    """Any file name becomes one argument that is not an option."""
    argument = typed(f"curl -s {_typed(Path(name))}", tmp_path)
    assert not argument.startswith("-")
    assert Path(argument) == Path(name)
