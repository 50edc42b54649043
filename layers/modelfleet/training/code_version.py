"""Hash of the code that trains a model."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import modelfleet
from modelfleet import catalogue

_LENGTH = 16
_SOURCES = {".py", ".j2", ".css"}


def code_version(model: str) -> str:
    """Hash every source file of the library and of a model's folder.

    The hash covers relative paths and contents of code, page templates, and style sheets, so that a
    checkout, an archive, and an image of the same sources agree.
    """
    digest = hashlib.sha256()
    for name, file in sorted(_sources(model)):
        content = file.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()[:_LENGTH]


def _sources(model: str) -> Iterator[tuple[str, Path]]:
    library = Path(modelfleet.__path__[0])
    folders = ((home / model, home.parent) for home in catalogue.homes())
    for root, packages in ((library, library.parent), *folders):
        for file in root.rglob("*"):
            if file.suffix in _SOURCES:
                yield file.relative_to(packages).as_posix(), file
