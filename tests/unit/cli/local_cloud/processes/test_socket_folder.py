"""PostgreSQL's socket is in a folder whose name is safe in shells and URLs."""

import os
from pathlib import Path

import pytest

from cli.local_cloud.processes.socket_folder import socket_folder
from cli.output.errors import FleetError


def test_an_ordinary_folder(tmp_path: Path) -> None:
    """A data directory with a short and safe path contains its socket."""
    assert socket_folder(Path("/home/me/.fleet/postgres")) == Path("/home/me/.fleet/postgres")


@pytest.mark.parametrize(
    "name", ["my models", "a&touch x", "a;b", "a?host=b", "100%", "ü", "'", "x" * 200, "a>b", "#"]
)
def test_a_long_or_unsafe_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Any other data directory gets a separate socket folder, always the same one."""
    monkeypatch.setattr("cli.local_cloud.processes.socket_folder.gettempdir", lambda: str(tmp_path))
    cluster = Path("/home") / name / "postgres"
    folder = socket_folder(cluster)
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    assert socket_folder(cluster) == folder
    assert socket_folder(Path("/home") / f"{name} 2" / "postgres") != folder


@pytest.mark.parametrize("name", ['a"b', "$(touch x)", "`touch x`", "a\\", "a\nb"])
def test_a_folder_that_a_shell_would_interpret(name: str) -> None:
    """A path that pg_ctl's shell would interpret is rejected."""
    with pytest.raises(FleetError, match="a shell would interpret"):
        socket_folder(Path("/home") / name / "postgres")


def test_a_folder_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket folder that another user created is rejected."""
    monkeypatch.setattr("cli.local_cloud.processes.socket_folder.gettempdir", lambda: str(tmp_path))
    cluster = Path("/my models/postgres")
    socket_folder(cluster)
    uid = os.getuid()
    (tmp_path / next(tmp_path.iterdir()).name.replace(f"-{uid}-", f"-{uid + 1}-")).mkdir()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    with pytest.raises(FleetError, match="belongs to another user"):
        socket_folder(cluster)
