"""The port to a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    # Every function loads this module as it starts, and none needs all that is spoken of here.
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


@dataclass(frozen=True)
class StoredObject:
    """An object's bytes with the tag that identifies this state of it."""

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
        """Read an object unless it still has this tag; `None` where it has.

        Raises
        ------
        ObjectNotFoundError
            If nothing is stored under the key.
        """
        ...

    def put(self, key: str, content: bytes) -> str:
        """Write an object whatever was there, and return its tag."""
        ...

    def create(self, key: str, content: bytes) -> str:
        """Write an object that must not exist yet, and return its tag.

        Raises
        ------
        ConflictError
            If something is stored under the key.
        """
        ...

    def replace(self, key: str, content: bytes, etag: str) -> str:
        """Write over the object that has this tag, and return the new tag.

        Raises
        ------
        ConflictError
            If the object has another tag by now, or is gone.
        """
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key below a folder-like prefix, in lexical order."""
        ...


class FileStore(ObjectStore, Protocol):
    """A bucket whose objects may be larger than memory."""

    def open(self, key: str) -> BinaryIO:
        """Open an object to read it piece by piece, at any position.

        Raises
        ------
        ObjectNotFoundError
            If nothing is stored under the key.
        """
        ...

    def writing(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Write an object piece by piece; it is there when the context ends without an error."""
        ...
