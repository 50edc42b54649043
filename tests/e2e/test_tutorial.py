"""The tutorial, typed as it stands, in a copy of the repository with a cloud of its own."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.local_cloud import lifecycle
from cli.local_cloud.layout import HOME_VARIABLE, REPOSITORY, Layout

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PARTS = ("app.py", "cdk.json", "package.json", "pyproject.toml", "layers", "cli", "functions",
          "cdk", "docs", "tests", "requirements")  # fmt: skip
_LINKED = (".venv", "node_modules")
_SECONDS = 1_500
Step = tuple[str, list[str]]


def steps() -> Iterator[Step]:
    """Every command of the tutorial with the lines that its answer shows."""
    for block in _BLOCK.findall((REPOSITORY / "docs/tutorial.md").read_text()):
        for part in ("\n" + block).split("\n$ ")[1:]:
            command, *lines = part.splitlines()
            yield command, lines


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree in which a model may come and go; the shipped ones are not waited for."""
    tree = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "bankchurn", "carvision", "leads", "telecom")
    for name in _PARTS:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=ignored if name == "layers" else None)
        else:
            shutil.copyfile(source, tree / name)
    for name in _LINKED:
        (tree / name).symlink_to(REPOSITORY / name)
    return tree


@pytest.fixture(scope="module")
def environment(copy: Path, database_folder: Path) -> Iterator[dict[str, str]]:
    """What a terminal in the copy knows; nothing runs in its cloud afterwards."""
    layout = Layout(database_folder / "tutorial" / ".fleet")
    yield os.environ | {
        HOME_VARIABLE: str(layout.root),
        "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "layers")]),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "132",
    }
    lifecycle.stop(layout)


@pytest.mark.timeout(1_800)
def test_every_command_answers_as_the_tutorial_says(
    copy: Path, environment: dict[str, str]
) -> None:
    """In its order, each command ends well, and its answer holds the lines that are shown."""
    assert len(list(steps())) >= 8
    for command, lines in steps():
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=copy,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        answered = done.stdout.splitlines()
        for line in lines:
            assert any(pattern(line).search(each) for each in answered), f"{line}\n{done.stdout}"


def pattern(line: str) -> "re.Pattern[str]":
    """A shown line, in which an ellipsis stands for anything and blanks for any blanks."""
    parts = [r"\s+".join(map(re.escape, part.split())) for part in line.split("…")]
    return re.compile(r".*".join(parts))
