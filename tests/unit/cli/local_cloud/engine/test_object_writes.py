"""The engine acknowledges what is on the disk, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
from ministack.services import s3

from cli.local_cloud.engine.object_writes import keep_objects_whole


@pytest.mark.parametrize("written", [True, False])
def test_a_deletion_that_was_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, written: bool
) -> None:
    """A deletion on a full disk is refused: the object would be there again after a start."""
    file = tmp_path / "rows.csv"

    def mark(_: str, __: str, marker: dict[str, Any]) -> None:
        if written:
            file.with_name("rows.csv.meta.json").write_text(json.dumps(marker))

    monkeypatch.setattr(s3, "_object_disk_path", lambda *_: str(file))
    monkeypatch.setattr(s3, "_persist_delete_marker", mark)
    keep_objects_whole(monkeypatch.setattr, tmp_path / "notes")
    if written:
        s3._persist_delete_marker("lake", "rows.csv", {"version_id": "v2"})
        return
    with pytest.raises(OSError, match="was not written to the disk"):
        s3._persist_delete_marker("lake", "rows.csv", {"version_id": "v2"})
