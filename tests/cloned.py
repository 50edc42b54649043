"""A copy of the repository, in which models may come and go."""

import os
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

from cli.local_cloud.layout import HOME_VARIABLE, REPOSITORY

_PARTS = ("app.py", "cdk.json", "package.json", "pyproject.toml", "layers", "cli", "functions",
          "cdk", "docs", "stages", "tests", "requirements", "monitoring")  # fmt: skip
_LINKED = (".venv", "node_modules")


def clone(tree: Path, without: Collection[str] = ()) -> None:
    """Copy the repository to an empty folder, without some models; what is installed is linked."""
    ignored = shutil.ignore_patterns("__pycache__", *without)
    for name in _PARTS:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=ignored if name == "layers" else None)
        else:
            shutil.copyfile(source, tree / name)
    for name in _LINKED:
        (tree / name).symlink_to(REPOSITORY / name)


def terminal(tree: Path, home: Path) -> dict[str, str]:
    """What a terminal in the copy knows; its local cloud lives in `home`."""
    return os.environ | {
        HOME_VARIABLE: str(home),
        "PYTHONPATH": os.pathsep.join([str(tree), str(tree / "layers")]),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "132",
    }
