"""Sessions that ended before they expired: signed out of, or ended by an administrator.

One small document lists them, so that signing out takes effect in every container at the next
request, which reads the document only if it has changed.
"""

from collections.abc import Mapping
from datetime import datetime

from modelfleet.console.access.session import SESSION_LASTS, Session
from modelfleet.spec.document import Document
from modelfleet.spec.errors import AccessError, ObjectNotFoundError
from modelfleet.storage import keys
from modelfleet.storage.documents import StoredDocument, parsed
from modelfleet.storage.object_store import ObjectStore


class EndedSessions(Document):
    """Content of `console/ended.json`.

    `sessions` maps IDs to when they expire, and `people` maps names to when all of their sessions
    until then were ended. Entries that no valid session can match are dropped.
    """

    noun = "list of ended sessions"
    error = AccessError

    sessions: Mapping[str, datetime] = {}
    people: Mapping[str, datetime] = {}

    def includes(self, session: Session) -> bool:
        """Return whether a session has ended."""
        until = self.people.get(session.person.name)
        return session.id in self.sessions or (until is not None and session.began_at <= until)

    def with_session(self, session: Session, now: datetime) -> "EndedSessions":
        """Return the list with one more session."""
        sessions = {**self.sessions, session.id: session.ends_at}
        return self._kept(sessions, self.people, now)

    def with_person(self, name: str, now: datetime) -> "EndedSessions":
        """Return the list with all sessions of a person until now."""
        return self._kept(self.sessions, {**self.people, name: now}, now)

    @staticmethod
    def _kept(
        sessions: Mapping[str, datetime], people: Mapping[str, datetime], now: datetime
    ) -> "EndedSessions":
        return EndedSessions(
            sessions={id_: ends for id_, ends in sessions.items() if ends > now},
            people={name: at for name, at in people.items() if at + SESSION_LASTS > now},
        )


class Endings:
    """Reads and writes the list of ended sessions.

    Parameters
    ----------
    store
        The artifacts bucket.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._known = EndedSessions()
        self._etag = ""

    def is_ended(self, session: Session) -> bool:
        """Return whether a session has ended.

        Raises
        ------
        AccessError
            If the list is not readable.
        """
        key = keys.ended_sessions()
        try:
            stored = (
                self._store.get_if_changed(key, self._etag) if self._etag else self._store.get(key)
            )
        except ObjectNotFoundError:
            return False
        if stored is not None:
            self._known = parsed(key, stored.content, EndedSessions.parse)
            self._etag = stored.etag
        return self._known.includes(session)

    def end(self, session: Session, now: datetime) -> bool:
        """End a session; return whether it had not ended before.

        Raises
        ------
        ConflictError
            If concurrent writers keep changing the list.
        """
        was_ended = False

        def ended(before: EndedSessions | None) -> EndedSessions:
            nonlocal was_ended
            known = before or EndedSessions()
            was_ended = known.includes(session)
            return known if was_ended and before else known.with_session(session, now)

        self._document().change(ended)
        return not was_ended

    def end_all(self, name: str, now: datetime) -> None:
        """End all sessions that a person has begun until now; see `end`."""
        self._document().change(lambda before: (before or EndedSessions()).with_person(name, now))

    def _document(self) -> StoredDocument[EndedSessions]:
        return StoredDocument(self._store, keys.ended_sessions(), EndedSessions.parse)
