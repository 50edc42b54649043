"""Accepted work outlives the process that accepted it."""

import subprocess
import sys
from pathlib import Path

from cli.local_cloud.journal import Journal

_KILLED = """
import os, signal, sys
from pathlib import Path
from cli.local_cloud.journal import Journal
journal = Journal(Path(sys.argv[1]))
numbers = journal.add(["a", "b", "c"])
journal.done(numbers[:1])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_is_done_is_forgotten(tmp_path: Path) -> None:
    """What was added and not called done is left for the next one, in order."""
    journal = Journal(tmp_path / "journal")
    numbers = journal.add(["a", ["b", 1], "c"])
    journal.done([numbers[1], 99])
    assert list(Journal(tmp_path / "journal").left.values()) == ["a", "c"]


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """What was added a moment before `kill -9` is there, and what was done is not."""
    file = tmp_path / "journal"
    subprocess.run([sys.executable, "-c", _KILLED, str(file)], check=False)
    assert list(Journal(file).left.values()) == ["b", "c"]


def test_a_line_that_was_cut_off_holds_nothing_up(tmp_path: Path) -> None:
    """A last line of which only a part was written is left out, and the others are read."""
    file = tmp_path / "journal"
    Journal(file).add(["a"])
    with file.open("ab") as opened:
        opened.write(b'{"+": {"2": "b')
    again = Journal(file)
    assert list(again.left.values()) == ["a"]
    again.add(["c"])
    assert list(Journal(file).left.values()) == ["a", "c"]


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    """What is done is removed from the disk once the file is long, and what is not stays."""
    file = tmp_path / "journal"
    journal = Journal(file, compact_bytes=1_000)
    (kept,) = journal.add(["kept"])
    for number in range(500):
        journal.done(journal.add([f"line {number}"]))
    assert file.stat().st_size < 2_000
    assert Journal(file).left == {kept: "kept"}


def test_numbers_are_not_given_twice(tmp_path: Path) -> None:
    """What an earlier process left keeps its numbers, and new ones are others."""
    file = tmp_path / "journal"
    old = Journal(file).add(["a", "b"])
    journal = Journal(file)
    assert not set(journal.add(["c"])) & set(old)
    assert set(journal.left) == set(old)
