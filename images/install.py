"""Installs a function's locked packages into a folder: `python3 -m images.install LOCK FOLDER`."""

import compileall
import py_compile
import subprocess
import sys
from pathlib import Path

from images.bill_of_materials import FILE, bill_of_materials
from images.openmp import link_openmp
from images.trim import trim


def install(lock: Path, folder: Path) -> None:
    """Install, take out what no function needs, compile, and write down what is there."""
    _run_pip(lock, folder)
    taken = trim(folder)
    link_openmp(folder)
    sys.stdout.write(f"{lock.name}: {taken / 1e6:.0f} MB taken out again\n")
    _compile(folder)
    (folder / FILE).write_text(bill_of_materials(lock.stem, folder))


def _compile(folder: Path) -> None:
    # Here, because a function cannot write beside its code and would compile at every start; and
    # not to be held against the source's time again, which a copied layer may change.
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(folder, quiet=1, invalidation_mode=mode):
        raise SystemExit(f"{folder} holds a file that is no Python")


def _run_pip(lock: Path, folder: Path) -> None:
    # Only wheels: a build from source would need a compiler, and run code that no hash covers.
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-compile"]
    command += ["--disable-pip-version-check", "--root-user-action", "ignore"]
    command += ["--require-hashes", "--only-binary", ":all:"]
    command += ["--target", str(folder), "--requirement", str(lock)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    install(Path(sys.argv[1]), Path(sys.argv[2]))
