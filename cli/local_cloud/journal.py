"""A journal of work that was accepted and is not done yet, which outlives the process."""

import json
import os
import threading
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

_ADDED = "+"
_DONE = "-"
_COMPACT_BYTES = 4_000_000


class Journal:
    """Items on disk from when they are added until they are done.

    A write reaches the system before it returns, so that a killed process loses none. Two lines
    are written for an item; where they have grown long, what is not done is written anew.

    Parameters
    ----------
    file
        Where it is kept; what an earlier process left in it is `left`.
    compact_bytes
        How long the file may grow.
    """

    def __init__(self, file: Path, compact_bytes: int = _COMPACT_BYTES) -> None:
        self._file = file
        self._compact_bytes = compact_bytes
        self._lock = threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        self._open_items = _read(file)
        self.left = dict(self._open_items)
        self._numbers = count(max(self._open_items, default=0) + 1)
        self._opened = self._compacted()

    def add(self, items: Iterable[Any]) -> list[int]:
        """Keep items, and answer the numbers to call them done by."""
        with self._lock:
            added = {next(self._numbers): item for item in items}
            self._open_items |= added
            self._write({_ADDED: added})
            return list(added)

    def done(self, numbers: Iterable[int]) -> None:
        """Forget items."""
        with self._lock:
            numbers = [n for n in numbers if self._open_items.pop(n, None) is not None]
            self._write({_DONE: numbers})
            if self._opened.tell() > self._compact_bytes:
                self._opened.close()
                self._opened = self._compacted()

    def _write(self, entry: dict[str, Any]) -> None:
        self._opened.write(json.dumps(entry).encode() + b"\n")

    def _compacted(self) -> BinaryIO:
        draft = self._file.with_suffix(".draft")
        draft.write_bytes(json.dumps({_ADDED: self._open_items}).encode() + b"\n")
        draft.replace(self._file)
        # Unbuffered: what is written is the system's, whatever becomes of this process.
        opened = self._file.open("ab", buffering=0)
        opened.seek(0, os.SEEK_END)
        return opened


def _read(file: Path) -> dict[int, Any]:
    """What was added and not done; a line that was cut off by the process's end is left out."""
    found: dict[int, Any] = {}
    for line in file.read_bytes().splitlines() if file.exists() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        found |= {int(number): item for number, item in entry.get(_ADDED, {}).items()}
        for number in entry.get(_DONE, ()):
            found.pop(number, None)
    return found
