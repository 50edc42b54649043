"""The engine acknowledges an object only once it is on disk."""

import json
from pathlib import Path
from typing import Any

import pytest
from ministack.services import s3

from cli.local_cloud.engine.object_writes import write_objects_atomically


@pytest.mark.parametrize("written", [True, False])
def test_a_deletion_that_was_not_written_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, written: bool
) -> None:
    """A deletion on a full disk fails, because the object would reappear after a restart."""
    file = tmp_path / "rows.csv"

    def mark(_: str, __: str, marker: dict[str, Any]) -> None:
        if written:
            file.with_name("rows.csv.meta.json").write_text(json.dumps(marker))

    monkeypatch.setattr(s3, "_object_disk_path", lambda *_: str(file))
    monkeypatch.setattr(s3, "_persist_delete_marker", mark)
    write_objects_atomically(monkeypatch.setattr, tmp_path / "notes")
    if written:
        s3._persist_delete_marker("lake", "rows.csv", {"version_id": "v2"})
        return
    with pytest.raises(OSError, match="was not written to disk"):
        s3._persist_delete_marker("lake", "rows.csv", {"version_id": "v2"})
