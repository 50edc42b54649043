"""`fleet` acts on the project around the current directory."""

import os
import sys
from pathlib import Path

import pytest

from cli import project
from cli.local_cloud.layout import REPOSITORY


@pytest.fixture(autouse=True)
def nothing_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have chosen a project."""
    monkeypatch.delenv("FLEET_PROJECT", raising=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder that looks like another clone."""
    for mark in project._MARKS:
        file = tmp_path / "clone" / mark
        file.parent.mkdir(parents=True)
        file.touch()
    return tmp_path / "clone"


def test_the_nearest_project_above(clone: Path, tmp_path: Path) -> None:
    """It is found from any folder below it, and nowhere else."""
    below = clone / "layers" / "modelfleet"
    assert project.project_around(below) == project.project_around(clone) == clone
    assert project.project_around(tmp_path) is None


def test_the_other_clone_comes_first_on_the_path(clone: Path) -> None:
    """Its modules are imported, by its own interpreter if it has one."""
    command, environment = project.handed_over(clone, ["status"], {"PYTHONPATH": "/x"})
    assert command == [sys.executable, "-P", "-m", "cli.app", "status"]
    assert environment["PYTHONPATH"].split(os.pathsep) == [str(clone), f"{clone}/layers", "/x"]
    own = clone / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.symlink_to(sys.executable)
    assert project.handed_over(clone, [], {})[0][0] == str(own)


def test_only_another_project_takes_over(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named; the environment's own project and folders without one change nothing."""
    executed: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda _file, command, _environment: executed.append(command))
    for folder in (REPOSITORY, REPOSITORY / "cli", clone.parent):
        monkeypatch.chdir(folder)
        project.enter_project()
    assert executed == []
    monkeypatch.chdir(clone)
    project.enter_project()
    assert len(executed) == 1
    assert f"acting on the project in {clone}" in capsys.readouterr().err
    monkeypatch.setenv("FLEET_PROJECT", str(clone))
    project.enter_project()
    assert len(executed) == 1


@pytest.mark.parametrize("place", ["", ".", "cli", "cli/app.py", "layers", ".venv/bin/python"])
def test_a_project_that_others_can_write_is_ignored(
    clone: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: str,
) -> None:
    """Its code would run with this user's credentials; without a place, all is another user's."""
    own = clone / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.touch(0o755)
    if place:
        (clone / place).chmod(0o777)
    else:
        monkeypatch.setattr(os, "getuid", lambda: clone.stat().st_uid + 1)
    monkeypatch.setattr(os, "execve", lambda *_: pytest.fail("must not run"))
    monkeypatch.chdir(clone / "cli")
    project.enter_project()
    assert f"ignoring the project in {clone}" in capsys.readouterr().err


def test_a_folder_that_cannot_be_read_has_no_project(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command acts on the environment's own project."""

    def refused(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "is_file", refused)
    monkeypatch.setattr(os, "execve", lambda *_: pytest.fail("must not run"))
    monkeypatch.chdir(tmp_path)
    project.enter_project()
