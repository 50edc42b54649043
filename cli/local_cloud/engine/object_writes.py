"""Makes the engine's writes of S3 objects atomic, and fails them if the disk is full."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.services import s3

from cli.local_cloud.engine.replacement import Replace
from cli.local_cloud.state import objects


def write_objects_atomically(replace: Replace, notes: Path) -> None:
    """Replace MiniStack's writes of objects; `notes` is the folder of notes about them."""
    persist = s3._persist_object

    def persist_atomically(bucket: str, key: str, obj: dict[str, Any]) -> None:
        content, file = obj.get("body"), s3._object_disk_path(bucket, key)
        if content is None or file is None:
            persist(bucket, key, obj)
            return
        metadata = s3._object_meta_from_record(obj) | s3._key_history_meta(bucket, key)
        note = objects.note(notes, Path(s3.DATA_DIR), Path(file), content, metadata | {"key": key})
        persist(bucket, key, obj)
        note.unlink()
        # MiniStack only logs a failed write, and responds with success.
        if obj.get("body") is not None:
            raise OSError(f"object {key} was not written to disk")

    replace(s3, "_persist_object", persist_atomically)
    replace(s3, "_persist_delete_marker", _verified(s3._persist_delete_marker))


def _verified(mark: Callable[..., Any]) -> Callable[..., Any]:
    """Fail a deletion that is not on disk, because the object would reappear after a restart."""

    def mark_verified(bucket: str, key: str, marker: dict[str, Any]) -> None:
        mark(bucket, key, marker)
        file = s3._object_disk_path(bucket, key)
        if file is None:
            return
        metadata = objects.metadata_of(Path(file)) or {}
        if metadata.get("version_id") != marker.get("version_id"):
            raise OSError(f"the deletion of object {key} was not written to disk")

    return mark_verified
