"""Signed values that expire: sessions, tokens of forms, and links that sign in."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from modelfleet.console.access.role import Person, Role
from modelfleet.outcomes.prediction_ids import SigningKeys

# A working day, so that nobody signs in twice, and a forgotten browser is signed out overnight.
SESSION_LASTS = timedelta(hours=10)
# Long enough for a browser to start; the link is in its history afterwards.
LINK_LASTS = timedelta(minutes=1)
_SESSION, _LINK, _FORM = "console session 1", "console link 1", b"console form 1"
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
    """Makes and verifies sessions; their values are signed and not encrypted.

    Parameters
    ----------
    keys
        The signing keys; the newest signs, and all of them are accepted.
    now
        Returns the current time in UTC.
    """

    def __init__(self, keys: SigningKeys, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now

    def begin(self, person: Person) -> Session:
        """Return a new session."""
        return Session(secrets.token_urlsafe(_ID_BYTES), person, _whole_seconds(self._now()))

    def value(self, session: Session) -> str:
        """Return the signed value of a session, for its cookie."""
        return self._seal(session, _SESSION)

    def read(self, value: str) -> Session | None:
        """Return the session of a signed value; `None` if it is altered or has expired."""
        return self._open(value, _SESSION, SESSION_LASTS)

    def link(self, person: Person) -> str:
        """Return the signed value of a link that signs a person in, for a minute."""
        return self._seal(self.begin(person), _LINK)

    def read_link(self, value: str) -> Session | None:
        """Return whom a link signs in; `None` if it is altered or has expired.

        The session's ID is the link's: the caller ends it, so that a link works once.
        """
        return self._open(value, _LINK, LINK_LASTS)

    def form_token(self, session: Session) -> str:
        """Return the token that forms of this session send along."""
        return _form_token(self._keys.newest(), session)

    def is_form_token(self, session: Session, token: str) -> bool:
        """Return whether a form was made for this session."""
        sent = token.encode("utf-8", "replace")
        return any(
            hmac.compare_digest(_form_token(key, session).encode(), sent)
            for key in self._keys.known()
        )

    def _seal(self, session: Session, purpose: str) -> str:
        content = [session.id, session.person.name, session.person.role.value]
        return str(self._serializer(purpose, (self._keys.newest(),)).dumps(content))

    def _open(self, value: str, purpose: str, lasts: timedelta) -> Session | None:
        keys = tuple(reversed(self._keys.known()))
        try:
            content, began_at = self._serializer(purpose, keys).loads(
                value, max_age=int(lasts.total_seconds()), return_timestamp=True
            )
        except BadData:
            return None
        id_, name, role = content
        return Session(id_, Person(name, Role(role)), began_at)

    def _serializer(self, purpose: str, keys: tuple[bytes, ...]) -> URLSafeTimedSerializer[str]:
        return URLSafeTimedSerializer(
            # The last one signs.
            list(keys),
            salt=purpose,
            signer=_signer_at(self._now),
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


def _signer_at(now: Callable[[], datetime]) -> type[TimestampSigner]:
    class Signer(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(now().timestamp())

    return Signer


def _form_token(key: bytes, session: Session) -> str:
    return hmac.digest(key, _FORM + b"\0" + session.id.encode(), "sha256").hex()


def _whole_seconds(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
