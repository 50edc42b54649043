"""JSON documents in a bucket: parsed with a remedy, changed by conditional writes only."""

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
    """Parse the content of an object; an error names the object and says what to do.

    Raises
    ------
    ModelfleetError
        As `parse` raises it.
    """
    try:
        return parse(content)
    except ModelfleetError as error:
        advice = remedy or keys.restore_hint("ARTIFACTS_BUCKET", key)
        raise type(error)(f"{key} cannot be read: {error}; {advice}") from error


class StoredDocument(Generic[Kind]):
    """A document that several writers change.

    Parameters
    ----------
    store
        The bucket.
    key
        Where the document is.
    parse
        Makes the document of its bytes; raises a `ModelfleetError` if they are not one.
    remedy
        What to do about an unreadable document; restoring an earlier version of the object where
        nothing else is said.
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
        """The object as it is, readable or not; `None` if there is none."""
        try:
            return self._store.get(self._key)
        except ObjectNotFoundError:
            return None

    def parsed(self, stored: StoredObject) -> Kind:
        """The document in an object.

        Raises
        ------
        ModelfleetError
            If it is not readable; the text says what to do.
        """
        return parsed(self._key, stored.content, self._parse, self._remedy)

    def read(self) -> Kind | None:
        """The document; `None` if there is none.

        Raises
        ------
        ModelfleetError
            If it is not readable; the text says what to do.
        """
        stored = self.stored()
        return None if stored is None else self.parsed(stored)

    def write(self, document: Kind, over: StoredObject | None) -> None:
        """Write the document once, over the state that was read.

        Raises
        ------
        ConflictError
            If the object is in another state by now.
        """
        if over is None:
            self._store.create(self._key, document.to_json())
        else:
            self._store.replace(self._key, document.to_json(), over.etag)

    def replace(self, document: Kind) -> None:
        """Write the document whatever is there, readable or not, unless it is there already.

        Raises
        ------
        ConflictError
            If others kept changing it.
        """
        for _ in range(ATTEMPTS):
            stored = self.stored()
            is_there = stored is not None and stored.content == document.to_json()
            if is_there or self._wins(document, stored):
                return
        raise self._contended()

    def change(self, make: Callable[[Kind | None], Kind]) -> Kind:
        """Read, make the next document of what is there, write it; start over after a lost race.

        Parameters
        ----------
        make
            Called once per attempt. If it returns what is there already, nothing is written.

        Raises
        ------
        ConflictError
            If others kept changing the document.
        """
        for _ in range(ATTEMPTS):
            stored = self.stored()
            before = None if stored is None else self.parsed(stored)
            after = make(before)
            if after == before or self._wins(after, stored):
                return after
        raise self._contended()

    def _wins(self, document: Kind, over: StoredObject | None) -> bool:
        """Whether the document was written before anybody else changed the object."""
        try:
            self.write(document, over)
        except ConflictError:
            return False
        return True

    def _contended(self) -> ConflictError:
        return ConflictError(f"{self._key} changed during each of {ATTEMPTS} attempts; try again")
