"""JSON documents in a bucket, changed only by conditional writes."""

from collections.abc import Callable
from typing import Generic, TypeVar

from modelfleet.spec.document import Document
from modelfleet.spec.errors import ConflictError, ModelfleetError, ObjectNotFoundError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore, StoredObject

ATTEMPTS = 10

Parsed = TypeVar("Parsed")
Kind = TypeVar("Kind", bound=Document)


def parsed(
    key: str, content: bytes, parse: Callable[[bytes], Parsed], remedy: str | None = None
) -> Parsed:
    """Parse the content of an object.

    Raises
    ------
    ModelfleetError
        The error that `parse` raises, with the object's key and the remedy added.
    """
    try:
        return parse(content)
    except ModelfleetError as error:
        advice = remedy or keys.restore_hint("ARTIFACTS_BUCKET", key)
        raise type(error)(f"{key} cannot be read: {error}; {advice}") from error


class StoredDocument(Generic[Kind]):
    """A document with several concurrent writers.

    Parameters
    ----------
    store
        The bucket.
    key
        The document's key.
    parse
        Parses the document's bytes; raises a `ModelfleetError` if they are invalid.
    remedy
        Advice for an unreadable document; by default, to restore an earlier version of the object.
    """

    def __init__(
        self,
        store: ObjectStore,
        key: str,
        parse: Callable[[bytes], Kind],
        remedy: str | None = None,
    ) -> None:
        self._store = store
        self._key = key
        self._parse = parse
        self._remedy = remedy

    def stored(self) -> StoredObject | None:
        """Read the object without parsing it; `None` if it does not exist."""
        try:
            return self._store.get(self._key)
        except ObjectNotFoundError:
            return None

    def parsed(self, stored: StoredObject) -> Kind:
        """Parse the document in an object.

        Raises
        ------
        ModelfleetError
            If it is not readable; the message says what to do.
        """
        return parsed(self._key, stored.content, self._parse, self._remedy)

    def read(self) -> Kind | None:
        """Read the document; `None` if it does not exist.

        Raises
        ------
        ModelfleetError
            If it is not readable; the message says what to do.
        """
        stored = self.stored()
        return None if stored is None else self.parsed(stored)

    def write(self, document: Kind, over: StoredObject | None) -> None:
        """Write the document if the object is still in the state that was read.

        Raises
        ------
        ConflictError
            If the object has changed since.
        """
        if over is None:
            self._store.create(self._key, document.to_json())
        else:
            self._store.replace(self._key, document.to_json(), over.etag)

    def replace(self, document: Kind) -> None:
        """Overwrite the object, readable or not, unless it already contains the document.

        Raises
        ------
        ConflictError
            If every attempt lost to another writer.
        """
        for _ in range(ATTEMPTS):
            stored = self.stored()
            is_there = stored is not None and stored.content == document.to_json()
            if is_there or self._wins(document, stored):
                return
        raise self._contended()

    def change(self, make: Callable[[Kind | None], Kind]) -> Kind:
        """Read the document, compute its successor, and write it; retry after a conflict.

        Parameters
        ----------
        make
            Computes the successor; called once per attempt. If it returns the document that was
            read, nothing is written.

        Raises
        ------
        ConflictError
            If every attempt lost to another writer.
        """
        for _ in range(ATTEMPTS):
            stored = self.stored()
            before = None if stored is None else self.parsed(stored)
            after = make(before)
            if after == before or self._wins(after, stored):
                return after
        raise self._contended()

    def _wins(self, document: Kind, over: StoredObject | None) -> bool:
        """Write the document; return whether no other writer changed the object first."""
        try:
            self.write(document, over)
        except ConflictError:
            return False
        return True

    def _contended(self) -> ConflictError:
        return ConflictError(f"{self._key} changed during each of {ATTEMPTS} attempts; try again")
