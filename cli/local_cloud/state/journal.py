"""A journal of accepted work that is not done yet; it survives the process."""

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
    """A line of the journal."""

    added: dict[int, Any] = Field({}, alias=_ADDED)
    done: list[int] = Field([], alias=_DONE)


class Journal:
    """Keeps items on disk until they are done.

    Writes are unbuffered, so that a killed process loses none. Each item takes two lines; when the
    file grows too long, it is rewritten with the unfinished items only.

    Attributes
    ----------
    left
        Unfinished items of an earlier process.
    damaged
        Number of unreadable lines, not counting an incomplete last line.

    Parameters
    ----------
    file
        The journal's file.
    compact_bytes
        Size above which the file is rewritten.
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
        """Add items; returns the numbers by which to mark them as done."""
        with self._lock:
            added = {next(self._numbers): item for item in items}
            self._write({_ADDED: added})
            self._open_items |= added
            return list(added)

    def done(self, numbers: Iterable[int]) -> None:
        """Mark items as done."""
        with self._lock:
            numbers = [n for n in numbers if self._open_items.pop(n, None) is not None]
            self._write({_DONE: numbers})
            if self._opened.tell() > self._compact_bytes:
                compacted = self._compacted()
                self._opened.close()
                self._opened = compacted

    def _write(self, entry: dict[str, Any]) -> None:
        """Write a whole line or none, because a partial line would also corrupt the next."""
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
        # Unbuffered, so that written lines survive a kill of this process.
        opened = self._file.open("ab", buffering=0)
        opened.seek(0, os.SEEK_END)
        return opened


def _read(file: Path) -> tuple[dict[int, Any], int]:
    """Unfinished items, and the number of damaged lines.

    An incomplete last line is not counted: the process ended while writing it, so `add` never
    returned.
    """
    found: dict[int, Any] = {}
    damaged = 0
    *lines, _ = file.read_bytes().split(b"\n") if file.exists() else [b""]
    for line in lines:
        try:
            entry = _Entry.model_validate(json.loads(line))
        # ValidationError is a ValueError.
        except (ValueError, RecursionError):
            damaged += 1
            continue
        found |= entry.added
        for number in entry.done:
            found.pop(number, None)
    return found, damaged
