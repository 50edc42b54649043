"""Which code trained a model: a hash of the library and of the model's folder."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import modelfleet
from modelfleet import catalogue

_LENGTH = 16


def code_version(model: str) -> str:
    """Hash every source file of the library and of a model's folder.

    Only the content of `.py` files and their names below the two packages count, so that a
    checkout, an archive and an image of the same sources agree.
    """
    digest = hashlib.sha256()
    for name, file in sorted(_sources(model)):
        content = file.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()[:_LENGTH]


def _sources(model: str) -> Iterator[tuple[str, Path]]:
    library = Path(modelfleet.__path__[0])
    for package, folder in ((library, "."), *((home, model) for home in catalogue.homes())):
        for file in (package / folder).rglob("*.py"):
            yield file.relative_to(package.parent).as_posix(), file
