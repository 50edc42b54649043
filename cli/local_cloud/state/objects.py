"""Objects whole or not at all: what is about to be written is noted, and completed or forgotten.

An object of the engine is two files, its content and its metadata, written one after the other. A
kill between them leaves new content under old metadata: another size, another ETag.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

_METADATA = ".meta.json"
_VERSIONS = ".versions"
_MD5 = re.compile("[0-9a-f]{32}")
_numbers = count(1)


def note(
    folder: Path, root: Path, content_file: Path, content: bytes, metadata: Mapping[str, Any]
) -> Path:
    """Note that content and metadata are about to be written; answer the note.

    The file is noted as it lies below the engine's buckets, which may be moved or copied.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{os.getpid()}-{next(_numbers)}.json"
    intent = {
        "file": os.path.relpath(content_file.resolve(), root.resolve()),
        "sha256": hashlib.sha256(content).hexdigest(),
        "metadata": metadata,
    }
    _replace(file, json.dumps(intent))
    return file


def metadata_of(content: Path) -> dict[str, Any] | None:
    """What an object's metadata says; `None` where there is none that can be read."""
    return _read(content.with_name(content.name + _METADATA))


def complete(folder: Path, root: Path) -> None:
    """Complete what was noted and begun, and forget what was not.

    Where the content is the new one, its metadata is written; else nothing has changed yet, and
    whoever wrote was never told that it had. A note that cannot be read is forgotten: the object
    is compared with its metadata like every other.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.glob("*.json")):
        intent = _read(file) or {}
        content = root.resolve() / str(intent.get("file"))
        if content.is_file() and _sum(content) == intent.get("sha256"):
            _replace(content.with_name(content.name + _METADATA), json.dumps(intent["metadata"]))
        _discard(file)


def mend(root: Path, damaged: Path, *, thoroughly: bool = True) -> Iterator[str]:
    """Bring back the last whole version of each object that is not what its metadata says.

    The engine writes no such object; a crash of the machine or another program can leave one.

    Parameters
    ----------
    root
        The engine's buckets.
    damaged
        Where a damaged content is kept.
    thoroughly
        Whether every content is read, and not only measured.

    Yields
    ------
    str
        A sentence for each damaged object.
    """
    for metadata in sorted(root.glob(f"*/*/**/*{_METADATA}")):
        content = metadata.with_name(metadata.name.removesuffix(_METADATA))
        told = _read(metadata)
        if told is None:
            yield _without_metadata(root, content, metadata, damaged)
        elif not _is_whole(content, told, thoroughly=thoroughly):
            version = _last_whole(root, content, told)
            if version is not None:
                _bring_back(root, content, told, version, damaged)
            elif not content.is_file():
                _set_aside(root, metadata, damaged)
            yield _sentence(root, content, told, version)


def _is_whole(content: Path, told: Mapping[str, Any], *, thoroughly: bool) -> bool:
    if told.get("is_delete_marker") or told.get("size") is None:
        return True
    if not content.is_file() or content.stat().st_size != told["size"]:
        return False
    etag = str(told.get("etag")).strip('"')
    # That of an object of several parts is no sum of its content.
    return not thoroughly or not _MD5.fullmatch(etag) or _sum(content, "md5") == etag


def _without_metadata(root: Path, content: Path, metadata: Path, damaged: Path) -> str:
    """Set unreadable metadata aside; the engine makes what it can of the content alone."""
    _set_aside(root, metadata, damaged)
    bucket, *key = content.relative_to(root).parts[1:]
    return (
        f"the metadata of s3://{bucket}/{'/'.join(key)} is unreadable: its earlier versions are "
        f"lost; it is kept in {damaged}"
    )


def _last_whole(root: Path, content: Path, told: Mapping[str, Any]) -> dict[str, Any] | None:
    for version in reversed(told.get("versions", ())):
        file = _version_file(root, content, version["version_id"])
        if "size" in version and file.is_file() and _is_whole(file, version, thoroughly=True):
            return dict(version)
    return None


def _version_file(root: Path, content: Path, version: str) -> Path:
    account, bucket, *rest = content.relative_to(root).parts
    return root.joinpath(_VERSIONS, account, bucket, version, *rest)


def _bring_back(
    root: Path, content: Path, told: Mapping[str, Any], version: dict[str, Any], damaged: Path
) -> None:
    if content.is_file():
        kept = damaged / content.relative_to(root)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(content, kept.with_name(f"{kept.name}.{told.get('version_id')}"))
    draft = content.with_name(f"{content.name}.tmp")
    shutil.copyfile(_version_file(root, content, version["version_id"]), draft)
    older = list(told["versions"])
    older = older[: older.index(version) + 1]
    draft.replace(content)
    metadata = content.with_name(content.name + _METADATA)
    _replace(metadata, json.dumps({**told, **version, "versions": older}))


def _set_aside(root: Path, file: Path, damaged: Path) -> None:
    kept = damaged / file.relative_to(root)
    kept.parent.mkdir(parents=True, exist_ok=True)
    file.replace(kept)


def _sentence(
    root: Path, content: Path, told: Mapping[str, Any], version: Mapping[str, Any] | None
) -> str:
    bucket = content.relative_to(root).parts[1]
    name = f"s3://{bucket}/{told.get('key', content.name)}"
    if version is None:
        return f"{name} is damaged, and no earlier version is left; write it again"
    return f"{name} was damaged; its version of {version.get('last_modified')} was restored"


def _read(file: Path) -> dict[str, Any] | None:
    """What a file of JSON holds; `None` where it is damaged."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _discard(file: Path) -> None:
    if file.is_dir():
        shutil.rmtree(file)
    else:
        file.unlink()


def _sum(file: Path, algorithm: str = "sha256") -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, algorithm).hexdigest()


def _replace(file: Path, text: str) -> None:
    draft = file.with_name(f"{file.name}.tmp")
    draft.write_text(text)
    draft.replace(file)
