"""Sessions, the tokens of their forms, and links that sign in."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelfleet.console.access.role import Person, Role
from modelfleet.console.access.seal import Purpose, Seals

# A working day: people sign in once, and a forgotten browser is signed out overnight.
SESSION_LASTS = timedelta(hours=10)
# Long enough for a browser to start; afterwards, the link is in its history.
LINK_LASTS = timedelta(minutes=1)
_ID_BYTES = 16


@dataclass(frozen=True)
class Session:
    """A person's stay in one browser."""

    id: str
    person: Person
    began_at: datetime

    @property
    def ends_at(self) -> datetime:
        """When the session expires."""
        return self.began_at + SESSION_LASTS


class Sessions:
    """Makes and verifies the signed values of sessions."""

    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    def begin(self, person: Person) -> Session:
        """Return a new session."""
        return Session(secrets.token_urlsafe(_ID_BYTES), person, self._seals.now)

    def value(self, session: Session) -> str:
        """Return the value of a session, for its cookie."""
        return self._seals.seal(Purpose.SESSION, _content(session))

    def read(self, value: str) -> Session | None:
        """Return the session of a value; `None` if it was altered or has expired."""
        return self._read(Purpose.SESSION, value, SESSION_LASTS)

    def link(self, person: Person) -> str:
        """Return a value that signs a person in, once and within a minute."""
        return self._seals.seal(Purpose.LINK, _content(self.begin(person)))

    def read_link(self, value: str) -> Session | None:
        """Return whom a link signs in; `None` if it was altered or has expired.

        The caller ends the session that is returned, so that the link works once.
        """
        return self._read(Purpose.LINK, value, LINK_LASTS)

    def form_token(self, session: Session) -> str:
        """Return the token that the forms of this session send along."""
        return self._seals.seal(Purpose.FORM, session.id)

    def is_form_token(self, session: Session, token: str) -> bool:
        """Return whether a form was made for this session."""
        opened = self._seals.open(Purpose.FORM, token, SESSION_LASTS)
        return opened is not None and hmac.compare_digest(str(opened[0]), session.id)

    def _read(self, purpose: Purpose, value: str, lasts: timedelta) -> Session | None:
        opened = self._seals.open(purpose, value, lasts)
        if opened is None:
            return None
        (id_, name, role), began_at = opened
        return Session(id_, Person(name, Role(role)), began_at)


def _content(session: Session) -> Sequence[str]:
    return [session.id, session.person.name, session.person.role.value]
