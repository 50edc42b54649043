"""Ports for buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    # Every function loads this module at startup, and none needs these names at run time.
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


@dataclass(frozen=True)
class StoredObject:
    """An object's bytes, with the ETag of this state."""

    content: bytes
    etag: str


class ObjectStore(Protocol):
    """One bucket. Keys are relative to it."""

    def get(self, key: str) -> StoredObject:
        """Read an object.

        Raises
        ------
        ObjectNotFoundError
            If nothing is stored under the key.
        """
        ...

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        """Read an object unless it still has this ETag; otherwise return `None`.

        Raises
        ------
        ObjectNotFoundError
            If nothing is stored under the key.
        """
        ...

    def put(self, key: str, content: bytes) -> str:
        """Write an object unconditionally, and return its ETag."""
        ...

    def create(self, key: str, content: bytes) -> str:
        """Write an object that must not exist yet, and return its ETag.

        Raises
        ------
        ConflictError
            If something is stored under the key.
        """
        ...

    def replace(self, key: str, content: bytes, etag: str) -> str:
        """Overwrite the object if it still has this ETag, and return the new ETag.

        Raises
        ------
        ConflictError
            If the object's ETag has changed, or the object no longer exists.
        """
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Iterate over all keys below a folder-like prefix, in lexical order."""
        ...


class FileStore(ObjectStore, Protocol):
    """A bucket with objects that may not fit in memory."""

    def open(self, key: str) -> BinaryIO:
        """Open an object as a seekable stream.

        Raises
        ------
        ObjectNotFoundError
            If nothing is stored under the key.
        """
        ...

    def writing(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Open a stream that creates the object when the context exits without an error."""
        ...
