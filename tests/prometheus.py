"""The real `prometheus` and `promtool`: those on PATH, or Debian's, unpacked without installing.

`apt-get download` and `dpkg-deb --extract` need no root. The package is unpacked once into a cache
below `node_modules`, beside the browser's.
"""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp

from tests.browsing import NODE_MODULES

_CACHE = NODE_MODULES / ".cache" / "prometheus"
_PACKAGE = "prometheus"
_PROGRAMS = ("prometheus", "promtool")
_SECONDS = 240
_VERSION = re.compile(r"version (\d+)\.(\d+)")


class UnavailableError(Exception):
    """The programs are not on this machine, and its packages do not have them."""


@dataclass(frozen=True)
class Binaries:
    """The folder with both programs."""

    folder: Path

    @cached_property
    def version(self) -> tuple[int, int]:
        """The version, such as (2, 55)."""
        found = _VERSION.search(self.promtool("--version").stdout)
        assert found
        return int(found[1]), int(found[2])

    def promtool(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `promtool`; output and errors are one text."""
        return subprocess.run(
            [self.folder / "promtool", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )


def binaries() -> Binaries:
    """Find both programs, or fetch them.

    Raises
    ------
    UnavailableError
        If neither is possible; the text is the reason.
    """
    found = [shutil.which(name) for name in _PROGRAMS]
    if all(found):
        return Binaries(Path(str(found[0])).parent)
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise UnavailableError(
            "neither `prometheus` and `promtool` nor Debian's package tools are on PATH; "
            "install Prometheus to run this test"
        )
    _CACHE.mkdir(parents=True, exist_ok=True)
    folder = _CACHE / "package"
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            # Under its name it is whole, even if an earlier process was killed while it unpacked.
            _fetch(Path(mkdtemp(dir=_CACHE))).rename(folder)
    return Binaries(folder / "usr" / "bin")


def _fetch(folder: Path) -> Path:
    """Download the package with package lists of its own, and leave those of the machine alone."""
    for part in ("lists/partial", "archives/partial"):
        (folder / part).mkdir(parents=True)
    own = [f"Dir::State::lists={folder}/lists", f"Dir::Cache={folder}", "Debug::NoLocking=true"]
    # Whoever is root drops to a user that may not write into the cache.
    own += ["APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    options = [text for each in own for text in ("-o", each)]
    _run(folder, ["apt-get", *options, "-qq", "update"])
    _run(folder, ["apt-get", *options, "-qq", "download", _PACKAGE])
    (package,) = folder.glob(f"{_PACKAGE}_*.deb")
    unpacked = folder / "package"
    _run(folder, ["dpkg-deb", "--extract", str(package), str(unpacked)])
    package.unlink()
    shutil.rmtree(folder / "lists")
    return unpacked


def _run(folder: Path, command: Sequence[str]) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(folder)
        raise UnavailableError(
            f"`{command[0]}` cannot fetch Debian's package {_PACKAGE}; install Prometheus to run "
            f"this test: {done.stderr.strip()[-300:]}"
        )
