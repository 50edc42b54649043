"""Atomic writes of S3 objects: each is noted before, then completed or discarded after a crash.

The engine stores an object as two files, content and metadata, and writes one after the other. A
crash in between leaves new content with old metadata, such as a wrong size and ETag.
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

from cli.local_cloud.layout import replace_file

_METADATA = ".meta.json"
_VERSIONS = ".versions"
_MD5 = re.compile("[0-9a-f]{32}")
_numbers = count(1)


def note(
    folder: Path, root: Path, content_file: Path, content: bytes, metadata: Mapping[str, Any]
) -> Path:
    """Write a note that content and metadata are about to be written; returns the note's file.

    The note's path is relative to the engine's buckets, which may be moved.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{os.getpid()}-{next(_numbers)}.json"
    intent = {
        "file": os.path.relpath(content_file.resolve(), root.resolve()),
        "sha256": hashlib.sha256(content).hexdigest(),
        "metadata": metadata,
    }
    replace_file(file, json.dumps(intent))
    return file


def metadata_of(content: Path) -> dict[str, Any] | None:
    """An object's metadata; `None` if it is missing or unreadable."""
    return _read(content.with_name(content.name + _METADATA))


def complete(folder: Path, root: Path) -> None:
    """Complete or discard the writes that a crash interrupted.

    If the new content was written, its metadata is written too. Otherwise nothing changed, and the
    caller never got a response. An unreadable note is discarded; `repair` checks the object.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.glob("*.json")):
        intent = _read(file) or {}
        content = root.resolve() / str(intent.get("file"))
        if content.is_file() and _checksum(content) == intent.get("sha256"):
            metadata = content.with_name(content.name + _METADATA)
            replace_file(metadata, json.dumps(intent["metadata"]))
        _discard(file)


def repair(root: Path, damaged: Path, *, thoroughly: bool = True) -> Iterator[str]:
    """Restore the last intact version of each object whose content does not match its metadata.

    The engine never writes such objects; a crash of the machine or another program may.

    Parameters
    ----------
    root
        The engine's buckets.
    damaged
        Where to keep damaged content.
    thoroughly
        Whether to compare checksums, not only sizes.

    Yields
    ------
    str
        A sentence for each damaged object.
    """
    for metadata in sorted(root.glob(f"*/*/**/*{_METADATA}")):
        content = metadata.with_name(metadata.name.removesuffix(_METADATA))
        described = _read(metadata)
        if described is None:
            yield _without_metadata(root, content, metadata, damaged)
        elif not _is_intact(content, described, thoroughly=thoroughly):
            version = _last_intact(root, content, described)
            if version is not None:
                _restore(root, content, described, version, damaged)
            elif not content.is_file():
                _set_aside(root, metadata, damaged)
            yield _sentence(root, content, described, version)


def _is_intact(content: Path, described: Mapping[str, Any], *, thoroughly: bool) -> bool:
    if described.get("is_delete_marker") or described.get("size") is None:
        return True
    if not content.is_file() or content.stat().st_size != described["size"]:
        return False
    etag = str(described.get("etag")).strip('"')
    # The ETag of a multipart upload is no checksum of the content.
    return not thoroughly or not _MD5.fullmatch(etag) or _checksum(content, "md5") == etag


def _without_metadata(root: Path, content: Path, metadata: Path, damaged: Path) -> str:
    """Set unreadable metadata aside; the engine rebuilds what it can from the content."""
    _set_aside(root, metadata, damaged)
    bucket, *key = content.relative_to(root).parts[1:]
    return (
        f"the metadata of s3://{bucket}/{'/'.join(key)} is unreadable, so its earlier versions are "
        f"lost; the metadata was moved to {damaged}"
    )


def _last_intact(root: Path, content: Path, described: Mapping[str, Any]) -> dict[str, Any] | None:
    for version in reversed(described.get("versions", ())):
        file = _version_file(root, content, version["version_id"])
        if "size" in version and file.is_file() and _is_intact(file, version, thoroughly=True):
            return dict(version)
    return None


def _version_file(root: Path, content: Path, version: str) -> Path:
    account, bucket, *rest = content.relative_to(root).parts
    return root.joinpath(_VERSIONS, account, bucket, version, *rest)


def _restore(
    root: Path, content: Path, described: Mapping[str, Any], version: dict[str, Any], damaged: Path
) -> None:
    if content.is_file():
        kept = damaged / content.relative_to(root)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(content, kept.with_name(f"{kept.name}.{described.get('version_id')}"))
    draft = content.with_name(f"{content.name}.tmp")
    shutil.copyfile(_version_file(root, content, version["version_id"]), draft)
    older = list(described["versions"])
    older = older[: older.index(version) + 1]
    draft.replace(content)
    metadata = content.with_name(content.name + _METADATA)
    replace_file(metadata, json.dumps({**described, **version, "versions": older}))


def _set_aside(root: Path, file: Path, damaged: Path) -> None:
    kept = damaged / file.relative_to(root)
    kept.parent.mkdir(parents=True, exist_ok=True)
    file.replace(kept)


def _sentence(
    root: Path, content: Path, described: Mapping[str, Any], version: Mapping[str, Any] | None
) -> str:
    bucket = content.relative_to(root).parts[1]
    name = f"s3://{bucket}/{described.get('key', content.name)}"
    if version is None:
        return f"{name} is damaged and has no earlier version; write it again"
    return f"{name} was damaged; its version of {version.get('last_modified')} was restored"


def _read(file: Path) -> dict[str, Any] | None:
    """The object in a JSON file; `None` if the file is damaged."""
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


def _checksum(file: Path, algorithm: str = "sha256") -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, algorithm).hexdigest()
