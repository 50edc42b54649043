"""Every command prints one JSON document for programs, also when it fails."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.main import get_command

from cli.app import app, main
from cli.lazy_commands import COMMANDS
from cli.local_cloud.layout import HOME_VARIABLE
from cli.output.errors import FleetError, error_document, wants_json
from cli.output.problems import require_success


def _leaves() -> Iterator[tuple[tuple[str, ...], Any]]:
    group: Any = get_command(app)
    for name in COMMANDS:
        command = group.commands[name]
        if hasattr(command, "commands"):
            yield from (((name, part), each) for part, each in command.commands.items())
        else:
            yield (name,), command


LEAVES = dict(_leaves())


def _fails(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, Any]]:
    """The exit code and the error of a command that fails; nothing else is on standard output."""
    monkeypatch.setattr(sys, "argv", ["fleet", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    told = json.loads(capsys.readouterr().out)
    assert {*told} == {"error"}
    assert {*told["error"]} == {"code", "message", "hint"}
    return int(str(ended.value.code)), told["error"]


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_has_the_flag(path: tuple[str, ...]) -> None:
    """It takes no value, on any command."""
    flags = {name: each for each in LEAVES[path].params for name in each.opts}
    assert flags["--json"].is_flag


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_a_misspelled_option_is_a_document(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of the parser is a document too, and its exit code is 2."""
    code, error = _fails([*path, "--json", "--nonsense"], monkeypatch, capsys)
    assert (code, error["code"]) == (2, "usage")
    assert "--nonsense" in error["message"]


@pytest.mark.parametrize(
    "path",
    [
        path
        for path, command in LEAVES.items()
        if any(each.name == "model" and each.required for each in command.params)
        if path != ("new",)
    ],
    ids=" ".join,
)
def test_an_unknown_model_is_a_document(
    path: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """Commands refuse a model that does not exist before they connect to anything."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    filled = []
    for each in LEAVES[path].params:
        if each.required:
            value = {"model": "bankchrun", "out": str(tmp_path / "out.csv")}.get(each.name, "1")
            option = each.opts[0].startswith("-")
            filled += [each.opts[0], value] if option else [value]
    code, error = _fails([*path, *filled, "--json"], monkeypatch, capsys)
    assert (code, error["code"]) == (1, "unknown_model"), error
    assert "did you mean bankchurn" in error["message"]


def test_a_crash_is_a_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Programs get the error, and people the traceback on standard error."""
    monkeypatch.setattr("cli.app._run", lambda: 1 / 0)
    code, error = _fails(["status", "--json"], monkeypatch, capsys)
    assert (code, error["code"]) == (1, "internal")
    assert error["message"] == "ZeroDivisionError"


def test_an_unreadable_folder_is_a_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also an error before the command line is read, such as a project that cannot be started."""

    def refused() -> None:
        raise PermissionError(13, "Permission denied", "python")

    monkeypatch.setattr("cli.app.enter_project", refused)
    code, error = _fails(["status", "--json"], monkeypatch, capsys)
    assert (code, error["code"]) == (1, "file")
    assert error["hint"] == "choose a location that you can write to"


def test_a_closed_pipe_is_not_written_to_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of the document is dropped; otherwise Python would fail to write it at exit."""
    closed: list[bool] = []

    def broken(_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("cli.app._run", lambda: 1 / 0)
    monkeypatch.setattr("cli.app.answer_json_line", broken)
    monkeypatch.setattr("cli.app._close_stdout", lambda: closed.append(True))
    monkeypatch.setattr(sys, "argv", ["fleet", "status", "--json"])
    with pytest.raises(SystemExit):
        main()
    assert closed == [True]


def test_the_program_has_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where `python -m cli.app` took over."""
    monkeypatch.setattr(sys, "argv", ["app.py", "jobs", "stop", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert "Usage: fleet jobs stop" in capsys.readouterr().out


def test_ctrl_c_is_a_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is that of an interrupted program."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.app._run", interrupted)
    code, error = _fails(["status", "--json"], monkeypatch, capsys)
    assert (code, error["code"]) == (130, "interrupted")


def test_the_hint_is_what_to_do() -> None:
    """It is the last clause of a message that names a command or an option, or missing."""
    told = error_document("failed", "it is not running; start it with `fleet up`")["error"]
    assert told["hint"] == "start it with `fleet up`"
    for text in ("no rows", "a: x\nb: y", "a: x; b: y", "`fleet up`"):
        assert error_document("failed", text)["error"]["hint"] is None
    for clause in ("confirm with --yes", "run: fleet up", "did you mean leads?"):
        assert error_document("failed", f"a: x\nno; {clause}")["error"]["hint"] == clause
    assert not wants_json(["predict", "--", "--json"])


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (
            422,
            {"errors": [{"field": "Age", "message": "Input should be greater than 17"}]},
            "the request was refused (status 422): Age: input should be greater than 17",
        ),
        (403, {"message": "Forbidden"}, "the request was refused (status 403): Forbidden"),
        (503, {"detail": "No version."}, "the API failed (status 503): No version."),
        (502, "<html>", "the API responded with status 502: '<html>'"),
    ],
)
def test_refused_requests_are_sentences(status: int, body: object, text: str) -> None:
    """Nobody has to read a problem document."""
    content = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(FleetError) as refused:
        require_success(httpx.Response(status, text=content))
    assert str(refused.value) == text
    assert refused.value.code == f"http_{status}"
