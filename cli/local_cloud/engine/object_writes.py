"""The engine's writing of objects: noted before, and refused when the disk has not taken it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.services import s3

from cli.local_cloud.state import objects as whole_objects

Replace = Callable[[Any, str, Callable[..., Any]], None]


def keep_objects_whole(replace: Replace, notes: Path) -> None:
    """Make it so; `replace` puts a function in the place of one of the engine's."""
    persist = s3._persist_object

    def persist_whole(bucket: str, key: str, obj: dict[str, Any]) -> None:
        content, file = obj.get("body"), s3._object_disk_path(bucket, key)
        if content is None or file is None:
            persist(bucket, key, obj)
            return
        metadata = s3._object_meta_from_record(obj) | s3._key_history_meta(bucket, key)
        note = whole_objects.note(
            notes, Path(s3.DATA_DIR), Path(file), content, metadata | {"key": key}
        )
        persist(bucket, key, obj)
        note.unlink()
        # MiniStack logs that it could not write an object, and answers that it has.
        if obj.get("body") is not None:
            raise OSError(f"the object {key} was not written to the disk")

    replace(s3, "_persist_object", persist_whole)
    replace(s3, "_persist_delete_marker", _marked_whole(s3._persist_delete_marker))


def _marked_whole(mark: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a deletion that is not on the disk: the object would be there again after a start."""

    def mark_whole(bucket: str, key: str, marker: dict[str, Any]) -> None:
        mark(bucket, key, marker)
        file = s3._object_disk_path(bucket, key)
        if file is None:
            return
        told = whole_objects.metadata_of(Path(file)) or {}
        if told.get("version_id") != marker.get("version_id"):
            raise OSError(f"the deletion of {key} was not written to the disk")

    return mark_whole
