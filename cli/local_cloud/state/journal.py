"""A journal of work that was accepted and is not done yet, which outlives the process."""

import json
import os
import threading
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, Field

_ADDED = "+"
_DONE = "-"
_COMPACT_BYTES = 4_000_000


class _Entry(BaseModel):
    """A line."""

    added: dict[int, Any] = Field({}, alias=_ADDED)
    done: list[int] = Field([], alias=_DONE)


class Journal:
    """Items on disk from when they are added until they are done.

    A write reaches the system before it returns, so that a killed process loses none. Two lines
    are written for an item; where they have grown long, what is not done is written anew.

    Parameters
    ----------
    file
        Where it is kept; what an earlier process left in it is `left`, and the number of its
        lines that cannot be read, other than the last, `damaged`.
    compact_bytes
        How long the file may grow.
    """

    def __init__(self, file: Path, compact_bytes: int = _COMPACT_BYTES) -> None:
        self._file = file
        self._compact_bytes = compact_bytes
        self._lock = threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        self._open_items, self.damaged = _read(file)
        self.left = dict(self._open_items)
        self._numbers = count(max(self._open_items, default=0) + 1)
        self._opened = self._compacted()

    def add(self, items: Iterable[Any]) -> list[int]:
        """Keep items, and answer the numbers to call them done by."""
        with self._lock:
            added = {next(self._numbers): item for item in items}
            self._write({_ADDED: added})
            self._open_items |= added
            return list(added)

    def done(self, numbers: Iterable[int]) -> None:
        """Forget items."""
        with self._lock:
            numbers = [n for n in numbers if self._open_items.pop(n, None) is not None]
            self._write({_DONE: numbers})
            if self._opened.tell() > self._compact_bytes:
                compacted = self._compacted()
                self._opened.close()
                self._opened = compacted

    def _write(self, entry: dict[str, Any]) -> None:
        """Write a whole line or none: what follows half of one could not be read either."""
        before, left = self._opened.tell(), json.dumps(entry).encode() + b"\n"
        try:
            while left:
                left = left[self._opened.write(left) :]
        except OSError:
            self._opened.truncate(before)
            self._opened.seek(before)
            raise

    def _compacted(self) -> BinaryIO:
        draft = self._file.with_suffix(".draft")
        draft.write_bytes(json.dumps({_ADDED: self._open_items}).encode() + b"\n")
        draft.replace(self._file)
        # Unbuffered: what is written is the system's, whatever becomes of this process.
        opened = self._file.open("ab", buffering=0)
        opened.seek(0, os.SEEK_END)
        return opened


def _read(file: Path) -> tuple[dict[int, Any], int]:
    """What was added and not done, and how many lines are damaged.

    The last is none of them: it was cut off by the process's end, and nobody was told of it.
    """
    found: dict[int, Any] = {}
    damaged = 0
    *lines, _ = file.read_bytes().split(b"\n") if file.exists() else [b""]
    for line in lines:
        try:
            entry = _Entry.model_validate(json.loads(line))
        # pydantic's errors are of the first kind.
        except (ValueError, RecursionError):
            damaged += 1
            continue
        found |= entry.added
        for number in entry.done:
            found.pop(number, None)
    return found, damaged
