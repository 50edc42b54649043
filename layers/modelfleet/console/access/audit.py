"""The audit log: who did what, when, and from where, as objects that are never changed."""

import secrets
from collections.abc import Callable, Iterator
from datetime import date, datetime

from modelfleet.console.access.role import Person, Role
from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import AccessError
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore

_ID_BYTES = 6


class Origin(Frozen):
    """Where a request came from: the IP address, and the ID by which logs name the request."""

    address: str
    request_id: str


class AuditRecord(Document):
    """One action, written before it is carried out, or one that was refused.

    `action` is the name of the route, `subject` what it acts on, such as a model, and `reason` what
    the person said.
    """

    noun = "audit record"
    error = AccessError

    at: datetime
    by: str
    role: Role
    action: str
    subject: str = ""
    reason: str = ""
    origin: Origin
    allowed: bool = True


class AuditLog:
    """Writes and reads the audit log.

    Parameters
    ----------
    store
        The artifacts bucket.
    now
        Returns the current time in UTC.
    """

    def __init__(self, store: ObjectStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def write(
        self,
        person: Person,
        action: str,
        origin: Origin,
        *,
        subject: str = "",
        reason: str = "",
        allowed: bool = True,
    ) -> AuditRecord:
        """Write a record under a key of its own.

        Raises
        ------
        ConflictError
            If there is a record with this key.
        """
        record = AuditRecord(
            at=self._now(),
            by=person.name,
            role=person.role,
            action=action,
            subject=subject,
            reason=reason,
            origin=origin,
            allowed=allowed,
        )
        key = keys.audit_record(record.at, secrets.token_hex(_ID_BYTES))
        self._store.create(key, record.to_json())
        return record

    def of_day(self, day: date) -> Iterator[AuditRecord]:
        """Yield the records of a UTC day in the order of time.

        Raises
        ------
        AccessError
            If a record is not readable.
        """
        for key in self._store.keys(keys.audit_day(day)):
            yield parsed(key, self._store.get(key).content, AuditRecord.parse)
