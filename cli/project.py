"""The project that `fleet` acts on: the one around the current directory, as with git."""

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.local_cloud.layout import REPOSITORY
from cli.output.console import say

# Set for the command that takes over, so that it never hands over again.
_HANDED_OVER = "FLEET_PROJECT"
# Set by the shell while it completes a line.
COMPLETION = "_FLEET_COMPLETE"
_MARKS = ("cli/app.py", "layers/modelfleet/catalogue.py")


def enter_project() -> None:
    """Continue in the project around the current directory, if `fleet` belongs to another one.

    A copied environment still imports the project that it was installed in, and would start,
    change, and stop that project's local cloud. Code that others could have written is ignored: in
    a shared folder such as /tmp, it would run with this user's credentials.

    Raises
    ------
    OSError
        If the project's interpreter cannot be started.
    """
    try:
        there = project_around(Path.cwd())
        if there is None or there == REPOSITORY or _HANDED_OVER in os.environ:
            return
        trusted = _is_own(there)
    except OSError:
        # The current directory was deleted, or a folder around it cannot be read.
        return
    if not trusted:
        say(f"ignoring the project in {there}: it belongs to another user or anyone can change it")
        return
    # Nothing may be printed into a line that is being typed.
    if COMPLETION not in os.environ:
        say(f"acting on the project in {there}, not on that of this environment ({REPOSITORY})")
    command, environment = handed_over(there, sys.argv[1:], os.environ)
    os.execve(command[0], command, environment)  # noqa: S606  # nosec B606  # our own interpreter


def project_around(folder: Path) -> Path | None:
    """The nearest folder at or above this one that contains a project."""
    whole = folder.resolve()
    for each in (whole, *whole.parents):
        if all((each / mark).is_file() for mark in _MARKS):
            return each
    return None


def _is_own(project: Path) -> bool:
    """Whether only this user can have written what the handover would run."""
    files = [project / mark for mark in _MARKS]
    python = _interpreter(project)
    if python is not None:
        # The interpreter is usually a link to one of the system's.
        known = python.stat()
        if known.st_uid not in {0, os.getuid()} or known.st_mode & stat.S_IWOTH:
            return False
        if python.lstat().st_uid != os.getuid():
            return False
    folders = {
        folder
        for file in [*files, *filter(None, [python])]
        for folder in file.parents
        if folder.is_relative_to(project)
    }
    return all(
        found.st_uid == os.getuid() and not found.st_mode & stat.S_IWOTH
        for found in (path.stat() for path in [*files, *folders])
    )


def _interpreter(project: Path) -> Path | None:
    own = project / ".venv" / "bin" / "python"
    return own if os.access(own, os.X_OK) else None


def handed_over(
    project: Path, arguments: list[str], environment: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """The command that acts on a project, and its environment.

    It runs in the project's own environment if there is one. Its folders come first on the path,
    before those that the environment was installed with.
    """
    python = str(_interpreter(project) or sys.executable)
    folders = [str(project), str(project / "layers"), environment.get("PYTHONPATH", "")]
    path = os.pathsep.join(filter(None, folders))
    changed = {"PYTHONPATH": path, _HANDED_OVER: str(project)}
    # Without -P, modules in the current directory would replace those of the standard library.
    return [python, "-P", "-m", "cli.app", *arguments], {**environment, **changed}
