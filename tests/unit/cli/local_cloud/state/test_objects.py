"""The engine's objects are intact after a crash, or restored to an earlier version."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cli.local_cloud.state.objects import complete, note, repair

OLD, NEW = b"old content", b"the new content"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """Lay out an object as the engine does, with an earlier version."""
    file = tmp_path / "s3" / "000000000000" / "lake" / "releases" / "churn.json"
    older = tmp_path / "s3" / ".versions" / "000000000000" / "lake" / "v1" / "releases/churn.json"
    for each, text in ((file, NEW), (older, OLD)):
        each.parent.mkdir(parents=True)
        each.write_bytes(text)
    _write_metadata(file, _metadata(NEW, "v2", versions=[_version(OLD, "v1"), _version(NEW, "v2")]))
    return file


def _version(text: bytes, version: str) -> dict[str, Any]:
    return {"version_id": version, "size": len(text), "etag": version, "last_modified": version}


def _metadata(text: bytes, version: str, **more: Any) -> dict[str, Any]:
    return {"key": "releases/churn.json", **_version(text, version), **more}


def _write_metadata(file: Path, metadata: dict[str, Any]) -> None:
    file.with_name(f"{file.name}.meta.json").write_text(json.dumps(metadata))


def _read_metadata(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.with_name(f"{file.name}.meta.json").read_text())
    return found


def test_killed_between_content_and_metadata(tmp_path: Path, content: Path) -> None:
    """New content gets the metadata that was about to be written."""
    note(tmp_path / "notes", tmp_path / "s3", content, b"newest", _metadata(b"newest", "v3"))
    content.write_bytes(b"newest")
    complete(tmp_path / "notes", tmp_path / "s3")
    assert _read_metadata(content)["version_id"] == "v3"
    assert list((tmp_path / "notes").iterdir()) == []


def test_killed_before_the_content_was_written(tmp_path: Path, content: Path) -> None:
    """The note is discarded and the object is unchanged."""
    before = _read_metadata(content)
    note(tmp_path / "notes", tmp_path / "s3", content, b"newest", _metadata(b"newest", "v3"))
    complete(tmp_path / "notes", tmp_path / "s3")
    assert (content.read_bytes(), _read_metadata(content)) == (NEW, before)
    assert list((tmp_path / "notes").iterdir()) == []


def test_killed_while_writing_the_note(tmp_path: Path, content: Path) -> None:
    """An incomplete note is ignored."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "1-1.json.tmp").write_text('{"file":')
    complete(tmp_path / "notes", tmp_path / "s3")
    assert content.read_bytes() == NEW


def test_a_damaged_object_gets_its_last_intact_version(tmp_path: Path, content: Path) -> None:
    """Truncated content is replaced by the previous version, kept elsewhere, and reported."""
    content.write_bytes(NEW[:3])
    (told,) = repair(tmp_path / "s3", tmp_path / "damaged")
    assert told == "s3://lake/releases/churn.json was damaged; its version of v1 was restored"
    assert content.read_bytes() == OLD
    metadata = _read_metadata(content)
    assert (metadata["version_id"], metadata["size"]) == ("v1", len(OLD))
    assert [each["version_id"] for each in metadata["versions"]] == ["v1"]
    (kept,) = (each for each in (tmp_path / "damaged").rglob("*") if each.is_file())
    assert kept.read_bytes() == NEW[:3]
    assert list(repair(tmp_path / "s3", tmp_path / "damaged")) == []


def test_a_damaged_object_without_an_intact_version(tmp_path: Path, content: Path) -> None:
    """The object is reported and left as it is."""
    content.write_bytes(NEW[:3])
    _write_metadata(content, _metadata(NEW, "v2"))
    (told,) = repair(tmp_path / "s3", tmp_path / "damaged")
    assert told.startswith("s3://lake/releases/churn.json is damaged")
    assert content.read_bytes() == NEW[:3]


def test_intact_objects_are_left_alone(tmp_path: Path, content: Path) -> None:
    """Intact, deleted, and empty objects are not reported."""
    marker = content.with_name("gone.json")
    marker.write_bytes(b"older")
    _write_metadata(marker, {"key": "gone", "is_delete_marker": True, "version_id": "v9"})
    assert list(repair(tmp_path / "s3", tmp_path / "damaged")) == []
    assert content.read_bytes() == NEW


def test_buckets_that_were_moved(tmp_path: Path, content: Path) -> None:
    """A note refers to an object relative to the buckets, so they may be moved."""
    before = _read_metadata(content)
    note(tmp_path / "notes", tmp_path / "s3", content, b"newest", _metadata(b"newest", "v3"))
    content.write_bytes(b"newest")
    shutil.copytree(tmp_path / "s3", tmp_path / "moved")
    complete(tmp_path / "notes", tmp_path / "moved")
    moved = tmp_path / "moved" / content.relative_to(tmp_path / "s3")
    assert _read_metadata(moved)["version_id"] == "v3"
    assert _read_metadata(content) == before


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "{}", "[" * 100_000])
def test_a_damaged_note_is_discarded(tmp_path: Path, content: Path, text: str) -> None:
    """A note damaged by a crash of the machine is discarded."""
    (tmp_path / "notes" / "folder.json").mkdir(parents=True)
    (tmp_path / "notes" / "1-1.json").write_text(text)
    complete(tmp_path / "notes", tmp_path / "s3")
    assert list((tmp_path / "notes").iterdir()) == []
    assert content.read_bytes() == NEW


def test_a_content_of_zeroes_is_damaged(tmp_path: Path, content: Path) -> None:
    """Content with the right size and a wrong checksum is replaced too."""
    etag = hashlib.md5(NEW, usedforsecurity=False).hexdigest()
    versions = [_version(OLD, "v1"), _version(NEW, "v2")]
    _write_metadata(content, _metadata(NEW, "v2", versions=versions) | {"etag": f'"{etag}"'})
    assert list(repair(tmp_path / "s3", tmp_path / "damaged")) == []
    content.write_bytes(bytes(len(NEW)))
    assert list(repair(tmp_path / "s3", tmp_path / "damaged", thoroughly=False)) == []
    (told,) = repair(tmp_path / "s3", tmp_path / "damaged")
    assert "was damaged; its version of v1 was restored" in told
    assert content.read_bytes() == OLD


def test_missing_content(tmp_path: Path, content: Path) -> None:
    """An object whose content is missing gets its last version, or is reported once."""
    content.unlink()
    (told,) = repair(tmp_path / "s3", tmp_path / "damaged")
    assert "its version of v1 was restored" in told
    assert content.read_bytes() == OLD
    content.unlink()
    _write_metadata(content, _metadata(NEW, "v2"))
    (told,) = repair(tmp_path / "s3", tmp_path / "damaged")
    assert told.startswith("s3://lake/releases/churn.json is damaged")
    assert list(repair(tmp_path / "s3", tmp_path / "damaged")) == []


@pytest.mark.parametrize("text", ["", "[]", '{"key": "releases'])
def test_unreadable_metadata_is_reported(tmp_path: Path, content: Path, text: str) -> None:
    """Unreadable metadata is set aside and reported once; the content stays."""
    metadata = content.with_name(f"{content.name}.meta.json")
    metadata.write_text(text)
    (told,) = repair(tmp_path / "s3", tmp_path / "damaged")
    assert told.startswith("the metadata of s3://lake/releases/churn.json is unreadable")
    (kept,) = (each for each in (tmp_path / "damaged").rglob("*") if each.is_file())
    assert (kept.read_text(), content.read_bytes()) == (text, NEW)
    assert list(repair(tmp_path / "s3", tmp_path / "damaged")) == []
