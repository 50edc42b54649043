"""Path-like names and names with control characters, for every command that takes a name."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.cloud import Cloud
from cli.output.errors import FleetError
from cli.output.user import user
from modelfleet import catalogue
from modelfleet.spec.errors import IdentifierError, ModelfleetError, UnknownModelError
from modelfleet.spec.names import is_identifier
from modelfleet.storage import keys

HOSTILE = [
    *("../../x", "..", ".", "/etc/passwd", "a/b", "a\\b", "", " ", "a b", "-", "a\nb", "1\n"),
    *("\x1b[2J", "a\u2028b", "ä", "x" * 200, "%2e%2e", "a..b", "s3://bucket/key", "{}", "*"),
]
OUT = ("--out", "out.csv")
COMMANDS = {
    "batch --resume": ("batch", "bankchurn", *OUT, "--resume={}"),
    "models VERSION": ("models", "bankchurn", "--", "{}"),
    "card VERSION": ("card", "bankchurn", "--", "{}"),
    "compare FIRST": ("compare", "bankchurn", "--", "{}", "2"),
    "compare SECOND": ("compare", "bankchurn", "--", "1", "{}"),
    "rollback --to": ("rollback", "bankchurn", "--to={}"),
    "release start VERSION": ("release", "start", "bankchurn", "--", "{}"),
}
OF_MODELS = {
    "remove": ("remove", "--yes", "--", "{}"),
    "new": ("new", "--csv", "x.csv", "--target", "y", "--", "{}"),
    "report": ("report", "--", "{}"),
    "status": ("release", "status", "--", "{}"),
    "batch": ("batch", *OUT, "--in", "x.csv", "--", "{}"),
    "train": ("train", "--sample", "100", "--", "{}"),
    "data load": ("data", "load", "--", "{}", "x.csv"),
    "history": ("history", "--", "{}"),
}


@pytest.fixture(autouse=True)
def _no_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a cloud was asked for")

    monkeypatch.setattr(Cloud, "connect", refuse)


def fault(command: tuple[str, ...], name: str) -> BaseException:
    """Run a command with a name; returns its error."""
    typed = [part.replace("{}", name) if part != "--" else part for part in command]
    done = CliRunner().invoke(app, typed)
    assert done.exit_code == 1, done.output
    assert done.exception is not None
    return done.exception


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("command", COMMANDS)
def test_an_unsafe_name_is_rejected_before_any_request(command: str, name: str) -> None:
    """One line shows the name with control characters escaped."""
    error = fault(COMMANDS[command], name)
    assert isinstance(error, IdentifierError)
    assert str(error).isprintable()


@pytest.mark.parametrize("text", ["a\u202eb", "a\u200bb", "a\nb", "x" * 501], ids=ascii)
@pytest.mark.parametrize(
    "command",
    [("rollback", "bankchurn"), ("alerts", "silence", "bankchurn", "--until", "now")],
    ids=["rollback", "silence"],
)
def test_a_reason_is_a_visible_line(command: tuple[str, ...], text: str) -> None:
    """What records cannot show as it is, is rejected before any request."""
    error = fault((*command, "--reason={}"), text)
    assert isinstance(error, FleetError)
    assert str(error).startswith("invalid --reason ")
    assert str(error).isprintable()


def test_the_user_s_name_is_a_visible_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment may hold any text, and a request refuses what is invisible."""
    monkeypatch.setenv("LOGNAME", "ada\u202e\n" + "x" * 300)
    assert user() == "ada  " + "x" * 195


@pytest.mark.parametrize("name", [*HOSTILE, "../models/bankchurn", "bankchurn/", "./bankchurn"])
@pytest.mark.parametrize("command", OF_MODELS)
def test_a_model_of_a_hostile_name_is_unknown(command: str, name: str) -> None:
    """No path is built from the name, so only folders of models can be found or deleted."""
    error = fault(OF_MODELS[command], name)
    assert isinstance(error, UnknownModelError | FleetError)
    assert catalogue.folder("bankchurn").is_dir()


@pytest.mark.parametrize("name", HOSTILE)
def test_no_key_is_built_from_an_unsafe_name(name: str) -> None:
    """Every part of every key is checked."""
    assert not is_identifier(name)
    builders: list[Callable[[], str]] = [
        lambda: keys.bundle("m", name),
        lambda: keys.bundle(name, "1"),
        lambda: keys.release_pointer(name),
        lambda: keys.release_record("m", name),
        lambda: keys.staging("m", name),
        lambda: keys.dataset("m", name),
        lambda: keys.quarantine("m", name),
        lambda: keys.batch("m", name),
        lambda: keys.drift_state(name),
        lambda: keys.release_lock(name),
        lambda: keys.trained("m", name, "1"),
    ]
    for build in builders:
        with pytest.raises(ModelfleetError, match="is not a valid part of a key"):
            build()


@pytest.mark.parametrize(
    "name", ["1", "20260131T120000-ab12cd", "rollback-0f3", "a.b_c", "3f2a91bc"]
)
def test_generated_names_are_identifiers(name: str) -> None:
    """Versions, jobs, and executions have safe names."""
    assert is_identifier(name)
