"""The engine's state on disk: consistent snapshots ("generations"), verified when they are read."""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cli.output.errors import FleetError

_MANIFEST = "manifest.json"
_DRAFT = ".draft"
_KEPT = 2
_NUMBER = re.compile(r"\d{8}")


class DamagedStateError(FleetError):
    """No generation of the engine's state is intact."""


class Manifest(BaseModel):
    """The SHA-256 of each service's state, and whether the engine wrote it when it ended."""

    model_config = ConfigDict(frozen=True)

    ended: bool
    services: dict[str, str]


@dataclass(frozen=True)
class Generation:
    """An intact generation. `as_of` is the last time at which the engine had this state."""

    folder: Path
    manifest: Manifest
    as_of: datetime

    @property
    def number(self) -> int:
        """Its sequence number."""
        return int(self.folder.name)


@dataclass(frozen=True)
class Found:
    """The newest intact generation, if any, and the faults of newer ones."""

    generation: Generation | None
    damaged: tuple[str, ...] = ()


def read(root: Path) -> Found:
    """Find the newest generation whose files all match the checksums in its manifest.

    Raises
    ------
    DamagedStateError
        If there are generations and none of them is intact.
    """
    damaged: list[str] = []
    for folder in _newest_first(root):
        try:
            return Found(_checked(folder), tuple(damaged))
        except _DamagedFileError as error:
            damaged.append(str(error))
    if damaged:
        raise DamagedStateError("; ".join(damaged))
    return Found(None)


def write(
    root: Path, services: Mapping[str, bytes], *, ended: bool, carried: Collection[str] = ()
) -> Generation:
    """Write a generation under another name, then rename it, so that it is never incomplete.

    The file of an unchanged service is a hard link to the previous generation's. If nothing
    changed, the previous generation gets a new timestamp instead. The two newest are kept.

    Parameters
    ----------
    root
        The folder of generations.
    services
        Each service's state.
    ended
        Whether the engine is ending.
    carried
        Services whose state is copied from the previous generation.
    """
    root.mkdir(parents=True, exist_ok=True)
    before = _newest_whole(root)
    if before is not None:
        services = dict(services) | {name: file_of(before, name).read_bytes() for name in carried}
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in services.items()}
    manifest = Manifest(ended=ended, services=sums)
    if (
        before is not None
        and before.manifest == manifest
        and all(
            _has_size(file_of(before, name), len(content)) for name, content in services.items()
        )
    ):
        os.utime(before.folder / _MANIFEST)
        return before
    folder = root / f"{_next_number(root):08d}"
    _fill(root / _DRAFT, services, manifest, before)
    (root / _DRAFT).rename(folder)
    _sync(root)
    for old in _newest_first(root)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return Generation(folder, manifest, _written_at(folder))


def file_of(generation: Generation, service: str) -> Path:
    """The file with a service's state."""
    return generation.folder / f"{service}.json"


def fresh(root: Path, *, bytes_minimum: int, seconds: float) -> set[str]:
    """Services with a large state that was written recently and is intact on disk."""
    before = _newest_whole(root)
    return {
        name
        for name in (before.manifest.services if before else ())
        if before and _is_fresh(before, name, bytes_minimum, seconds)
    }


def text_of(root: Path, service: str) -> str:
    """The concatenated states of a service in all kept generations."""
    files = [folder / f"{service}.json" for folder in _newest_first(root)]
    return "".join(file.read_text() for file in files if file.exists())


class _DamagedFileError(Exception):
    """A file of a generation is missing or does not match its manifest."""


def _fill(
    draft: Path, services: Mapping[str, bytes], manifest: Manifest, before: Generation | None
) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    known = before.manifest.services if before else {}
    for name, content in services.items():
        file = draft / f"{name}.json"
        old = file_of(before, name) if before else None
        if old and known.get(name) == manifest.services[name] and _has_size(old, len(content)):
            os.link(old, file)
        else:
            _write(file, content)
    _write(draft / _MANIFEST, json.dumps(manifest.model_dump()).encode())
    _sync(draft)


def _is_fresh(before: Generation, name: str, bytes_minimum: int, seconds: float) -> bool:
    file = file_of(before, name)
    if not file.exists():
        return False
    stat = file.stat()
    # After the clock was set back, a file's time is in the future.
    if stat.st_size < bytes_minimum or not 0 <= time.time() - stat.st_mtime <= seconds:
        return False
    return hashlib.sha256(file.read_bytes()).hexdigest() == before.manifest.services[name]


def _has_size(file: Path, size: int) -> bool:
    """Whether a file has its original size: a truncated one must not be linked."""
    try:
        return file.stat().st_size == size
    except FileNotFoundError:
        return False


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _sync(folder: Path) -> None:
    """Sync a folder's entries to disk, not only its files' contents."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _newest_first(root: Path) -> list[Path]:
    with suppress(FileNotFoundError):
        return sorted((f for f in root.iterdir() if _NUMBER.fullmatch(f.name)), reverse=True)
    return []


def _newest_whole(root: Path) -> Generation | None:
    """The generation to link to. Its manifest suffices: files were verified when they were read."""
    for folder in _newest_first(root):
        with suppress(_DamagedFileError):
            manifest = _manifest(folder)
            return Generation(folder, manifest, _written_at(folder))
    return None


def _next_number(root: Path) -> int:
    return next((int(folder.name) for folder in _newest_first(root)), 0) + 1


def _checked(folder: Path) -> Generation:
    manifest = _manifest(folder)
    if unnamed := {file.stem for file in folder.glob("*.json")} - {"manifest", *manifest.services}:
        raise _DamagedFileError(f"{folder.name}/{_MANIFEST} does not name {min(unnamed)}.json")
    for name, content in _contents(folder, manifest):
        if hashlib.sha256(content).hexdigest() != manifest.services[name]:
            raise _DamagedFileError(f"{folder.name}/{name}.json does not match its checksum")
    return Generation(folder, manifest, _written_at(folder))


def _contents(folder: Path, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    for name in manifest.services:
        try:
            yield name, (folder / f"{name}.json").read_bytes()
        except OSError:
            raise _DamagedFileError(f"{folder.name}/{name}.json is missing or unreadable") from None


def _manifest(folder: Path) -> Manifest:
    try:
        return Manifest.model_validate_json((folder / _MANIFEST).read_bytes())
    except (OSError, ValidationError):
        raise _DamagedFileError(f"{folder.name}/{_MANIFEST} is missing or unreadable") from None


def _written_at(folder: Path) -> datetime:
    return datetime.fromtimestamp((folder / _MANIFEST).stat().st_mtime, UTC)
