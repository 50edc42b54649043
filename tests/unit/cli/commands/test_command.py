"""The command line without a running cloud."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.lazy_commands import COMMANDS
from modelfleet.catalogue import names

_GROUPS = [name for name, place in COMMANDS.items() if place.endswith(":app")]
_FLEET = [sys.executable, "-m", "cli.app"]


def _run(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"FLEET_HOME": str(home)}
    return subprocess.run(
        [*_FLEET, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_help_lists_every_command(tmp_path: Path) -> None:
    """The help lists every command."""
    text = _run(tmp_path, "--help").stdout
    assert [line.split()[0] for line in text.partition("Commands:")[2].splitlines() if line] == [
        *COMMANDS
    ]


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in _GROUPS])
def test_each_help_has_an_example(command: str) -> None:
    """The help of every command has an example."""
    text = CliRunner().invoke(app, [command, "--help"]).stdout
    assert f"fleet {command}" in text.partition("Example")[2]


@pytest.mark.parametrize("group", _GROUPS)
def test_the_help_of_a_group_lists_its_commands(group: str) -> None:
    """Groups have help like commands."""
    assert "Commands:" in CliRunner().invoke(app, [group, "--help"]).stdout


@pytest.mark.parametrize("path", [(), ("status",), ("data",), ("data", "show")], ids=" ".join)
def test_help_has_a_short_name(path: tuple[str, ...]) -> None:
    """`-h` prints the help, also of a group and of its commands."""
    short, long = (CliRunner().invoke(app, [*path, each]).stdout for each in ("-h", "--help"))
    assert short == long != ""


@pytest.mark.parametrize("path", [(), *((group,) for group in _GROUPS)], ids=" ".join)
def test_summaries_fit_a_terminal(path: tuple[str, ...]) -> None:
    """In 80 columns, no summary of a command is cut off."""
    shown = CliRunner().invoke(app, [*path, "--help"], terminal_width=80).stdout
    summaries = shown.partition("Commands:")[2].splitlines()
    assert max(map(len, summaries)) <= 80
    assert [line for line in summaries if line.endswith("...")] == []


def test_a_misspelled_command_gets_a_suggestion(tmp_path: Path) -> None:
    """Commands are suggested without importing them."""
    assert "Did you mean 'status'?" in _run(tmp_path, "statis").stderr


def test_commands_do_not_import_the_libraries_of_others() -> None:
    """`fleet status` imports no numerical, database, or training libraries."""
    code = (
        "import sys, cli.app, cli.commands.operations.status;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "sqlalchemy", "onnxruntime", "sklearn", "mlflow"} & {*done.stdout.split()}


def test_no_cloud(tmp_path: Path) -> None:
    """Without a running cloud, a command fails with one line that says how to start it."""
    done = _run(tmp_path, "status", "--json")
    assert done.returncode == 1
    assert done.stderr.strip() == "fleet: the local cloud is not running; start it with `fleet up`"
    assert json.loads(done.stdout)["error"]["hint"] == "start it with `fleet up`"


def test_unknown_model(tmp_path: Path) -> None:
    """The error lists the existing models."""
    done = _run(tmp_path, "retrain", "bankchrun")
    assert done.returncode == 1
    assert ", ".join(names()) in done.stderr


def test_down_when_nothing_runs(tmp_path: Path) -> None:
    """Stopping what is not running is no error."""
    done = _run(tmp_path, "down")
    assert (done.returncode, done.stderr.strip()) == (0, "the local cloud was not running")


def test_damaged_record_is_one_line(tmp_path: Path) -> None:
    """A damaged record is reported in one line, without a traceback."""
    (tmp_path / "cloud.json").write_text(json.dumps({"port": "x"}))
    done = _run(tmp_path, "status")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_version(tmp_path: Path) -> None:
    """`fleet --version` prints the version."""
    assert _run(tmp_path, "--version").stdout.strip() == f"modelfleet {version('modelfleet')}"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [({}, "set AWS_REGION"), ({"AWS_REGION": "eu-west-1"}, "run `aws configure`")],
    ids=["no region", "no credentials"],
)
def test_a_stage_in_aws_needs_an_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    """Without a region or credentials, a command says in one line what to configure."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = _run(tmp_path, "status", "--stage", "dev")
    assert done.returncode == 1
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_missing_model_is_a_choice(tmp_path: Path) -> None:
    """Who does not know the models reads them; a new model is none of them."""
    asked, new = (_run(tmp_path, *each).stderr for each in (("models",), ("new",)))
    assert f"Models: {', '.join(names())}" in asked
    assert "Models:" not in new
