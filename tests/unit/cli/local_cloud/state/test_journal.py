"""Accepted work survives the process that accepted it."""

import errno
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from cli.local_cloud.state.journal import Journal

_KILLED = """
import os, signal, sys
from pathlib import Path
from cli.local_cloud.state.journal import Journal
journal = Journal(Path(sys.argv[1]))
numbers = journal.add(["a", "b", "c"])
journal.done(numbers[:1])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_done_items_are_dropped(tmp_path: Path) -> None:
    """Items not marked as done are left for the next process, in order."""
    journal = Journal(tmp_path / "journal")
    numbers = journal.add(["a", ["b", 1], "c"])
    journal.done([numbers[1], 99])
    assert list(Journal(tmp_path / "journal").left.values()) == ["a", "c"]


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """Items added just before `kill -9` are there; items marked as done are not."""
    file = tmp_path / "journal"
    subprocess.run([sys.executable, "-c", _KILLED, str(file)], check=False)
    assert list(Journal(file).left.values()) == ["b", "c"]


def test_an_incomplete_last_line_is_ignored(tmp_path: Path) -> None:
    """An incomplete last line is ignored, and the others are read."""
    file = tmp_path / "journal"
    Journal(file).add(["a"])
    with file.open("ab") as opened:
        opened.write(b'{"+": {"2": "b')
    again = Journal(file)
    assert list(again.left.values()) == ["a"]
    again.add(["c"])
    assert list(Journal(file).left.values()) == ["a", "c"]


def test_the_file_is_compacted(tmp_path: Path) -> None:
    """Once the file is large, done items are removed and others stay."""
    file = tmp_path / "journal"
    journal = Journal(file, compact_bytes=1_000)
    (kept,) = journal.add(["kept"])
    for number in range(500):
        journal.done(journal.add([f"line {number}"]))
    assert file.stat().st_size < 2_000
    assert Journal(file).left == {kept: "kept"}


def test_numbers_are_unique(tmp_path: Path) -> None:
    """Items of an earlier process keep their numbers, and new items get others."""
    file = tmp_path / "journal"
    old = Journal(file).add(["a", "b"])
    journal = Journal(file)
    assert not set(journal.add(["c"])) & set(old)
    assert set(journal.left) == set(old)


_DAMAGE = (
    b"null",
    b"5",
    b"[]",
    b'"x"',
    b'{"+":{"x":1}}',
    b'{"+":[1]}',
    b'{"-":5}',
    b"\xff\0",
    b"[" * 10**5,
)


@pytest.mark.parametrize("line", _DAMAGE)
def test_a_damaged_line_is_skipped(tmp_path: Path, line: bytes) -> None:
    """A line that is no entry is counted, and the lines around it are read."""
    file = tmp_path / "journal"
    file.write_bytes(b'{"+": {"1": "a"}}\n' + line + b'\n{"+": {"2": "\\ud800"}}\n{"+": {"3"')
    journal = Journal(file)
    assert list(journal.left.values()) == ["a", "\ud800"]
    assert journal.damaged == 1
    assert Journal(file).damaged == 0


def test_a_partial_write_is_undone(tmp_path: Path) -> None:
    """A line that a full disk truncated is removed, and later entries can be read."""
    file = tmp_path / "journal"
    journal = Journal(file)
    journal._opened = _Full(journal._opened)  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        journal.add(["lost"])
    journal.add(["kept"])
    assert list(Journal(file).left.values()) == ["kept"]


class _Full:
    """A file that takes half of the first line, nothing next, and then has space again."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._answers = [self._half, self._none]

    def write(self, content: bytes) -> int:
        return self._answers.pop(0)(content) if self._answers else self._file.write(content)

    def _half(self, content: bytes) -> int:
        return self._file.write(content[: len(content) // 2])

    def _none(self, _: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def test_a_full_disk_during_compaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that cannot be compacted continues in its old file."""
    file = tmp_path / "journal"
    journal = Journal(file, compact_bytes=1)
    first, _ = journal.add(["a", "b"])
    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", _no_space)
        with pytest.raises(OSError, match="No space"):
            journal.done([first])
    journal.add(["c"])
    assert list(Journal(file).left.values()) == ["b", "c"]


def _no_space(*_: Any) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")
