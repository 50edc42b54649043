"""Ctrl-C says what keeps running, and how to see, resume, or stop it."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from cli import up as startup
from cli.app import app
from cli.batch import jobs
from cli.cloud import Cloud
from cli.commands.operations import drift as drift_command
from cli.commands.serving import batch as batch_command
from cli.output.errors import InterruptedWaitError
from modelfleet.batch.job_files import BatchJob
from modelfleet.tables.table_format import FileKind

WAITS = {
    "up": (["up"], ("the local cloud keeps running", "`fleet up`", "`fleet down`")),
    "batch": (
        ["batch", "bankchurn", "--in", "in.csv", "--out", "OUT"],
        ("job j1 keeps running", "`fleet batch bankchurn --resume j1", "`fleet jobs stop j1`"),
    ),
    "drift": (
        ["drift", "bankchurn", "--wait"],
        ("the drift run of bankchurn continues", "`fleet report bankchurn`"),
    ),
}


def interrupted(*_: object, **__: object) -> None:
    """What is waited for, when the user loses patience."""
    raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def _is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cloud, "connect", lambda *_: SimpleNamespace())
    monkeypatch.setattr(startup, "up", interrupted)
    monkeypatch.setattr(drift_command, "run_drift", interrupted)
    monkeypatch.setattr(jobs, "start", lambda *_: "arn:j1")
    monkeypatch.setattr(jobs, "follow", interrupted)
    job = BatchJob("bankchurn", "j1")
    monkeypatch.setattr(batch_command, "_job", lambda *_: (job, FileKind.CSV))


@pytest.mark.parametrize("command", WAITS)
def test_it_says_what_keeps_running(command: str, tmp_path: object) -> None:
    """With the commands to type next; the exit code is that of an interrupt."""
    arguments, told = WAITS[command]
    typed = [f"{tmp_path}/out.csv" if each == "OUT" else each for each in arguments]
    with pytest.raises(InterruptedWaitError) as ended:
        CliRunner().invoke(app, typed, catch_exceptions=False)
    assert (ended.value.exit_code, ended.value.code) == (130, "interrupted")
    assert [each for each in told if each not in str(ended.value)] == []
