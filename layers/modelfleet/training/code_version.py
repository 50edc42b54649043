"""Which code trained a model: a hash of the library and of the model's folder."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import modelfleet
import models

_LENGTH = 16
_SOURCES = {".py", ".j2", ".css"}


def code_version(model: str) -> str:
    """A hash of every source file of the library, of what models share, and of a model's folder.

    Only names below the two packages and the content of code, page templates and style sheets
    count, so that a checkout, an archive and an image of the same sources agree.
    """
    digest = hashlib.sha256()
    for name, file in sorted(_sources(model)):
        content = file.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()[:_LENGTH]


def _sources(model: str) -> Iterator[tuple[str, Path]]:
    library, catalogue = Path(modelfleet.__path__[0]), Path(models.__path__[0])
    for root, files in (
        (library, library.rglob("*")),
        (catalogue, catalogue.glob("*")),
        (catalogue, (catalogue / model).rglob("*")),
    ):
        for file in files:
            if file.suffix in _SOURCES:
                yield f"{root.name}/{file.relative_to(root).as_posix()}", file
