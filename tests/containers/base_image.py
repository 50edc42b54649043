"""The base image: the one that the Dockerfiles name, or where no registry answers a stand-in."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.containers.engine import Engine, EngineError, NoEngineError

VARIABLE = "MODELFLEET_BASE_IMAGE"
_STAND_IN = "modelfleet-base:{suite}"
_PACKAGES = "python3,python3-pip,ca-certificates"
_LEFT_OVERS = ("var/cache/apt", "var/lib/apt/lists", "var/log")
_MINUTES = 60.0


def base_image(engine: Engine, dockerfile: Path, kept: Path) -> str:
    """The name of a base image that the engine has.

    Raises
    ------
    NoEngineError
        If no registry answers and a stand-in cannot be made.
    """
    if name := os.environ.get(VARIABLE):
        return name
    wanted = _default(dockerfile)
    try:
        engine.run("pull", "--quiet", wanted, timeout_seconds=10 * _MINUTES)
    except EngineError:
        return _stand_in(engine, wanted.rpartition("-")[2], kept)
    return wanted


def _default(dockerfile: Path) -> str:
    found = re.search(r"^ARG BASE_IMAGE=(\S+)$", dockerfile.read_text(), re.MULTILINE)
    assert found, dockerfile
    return found[1]


def _stand_in(engine: Engine, suite: str, kept: Path) -> str:
    """Debian's own Python on the same system, from where this machine's apt gets its packages."""
    name = _STAND_IN.format(suite=suite)
    if not engine.run("images", "--quiet", name):
        archive = kept / f"{suite}.tar"
        if not archive.exists():
            _bootstrap(suite, archive)
        engine.run("import", str(archive), name, timeout_seconds=5 * _MINUTES)
    return name


def _bootstrap(suite: str, archive: Path) -> None:
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        raise NoEngineError(
            "no registry has the base image, and to make a stand-in takes root and debootstrap"
        )
    root, draft = archive.with_suffix(".root"), archive.with_suffix(".draft")
    root.mkdir(parents=True)
    try:
        options = ["--variant=minbase", f"--include={_PACKAGES}"]
        _run("debootstrap", *options, suite, str(root), _mirror())
        for folder in _LEFT_OVERS:
            shutil.rmtree(root / folder)
            (root / folder).mkdir()
        _run("tar", "--create", "--one-file-system", "--file", str(draft), "-C", str(root), ".")
        draft.rename(archive)
    finally:
        shutil.rmtree(root)


def _mirror() -> str:
    """Where apt gets Debian's packages from."""
    command = [
        "apt-get",
        "indextargets",
        "--format",
        "$(REPO_URI) $(ORIGIN)",
        "Created-By: Packages",
    ]
    listed = _run(*command).splitlines()
    mirrors = [line.split()[0] for line in listed if line.endswith(" Debian")]
    found = [mirror for mirror in mirrors if "security" not in mirror]
    if not found:
        raise NoEngineError("apt knows no mirror of Debian, which a stand-in would be made from")
    return found[0]


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoEngineError(f"{command[0]} fails: {(done.stdout + done.stderr)[-1000:]}")
    return done.stdout
