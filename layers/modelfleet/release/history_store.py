"""Keep what happened to a model's releases, and tell whoever listens."""

from collections.abc import Callable

from modelfleet.release.history import ReleaseRecord
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

Announce = Callable[[ReleaseRecord], None]


def keep(store: ObjectStore, record: ReleaseRecord, announce: Announce) -> None:
    """Write a record, then announce it; done again, both are done again.

    Parameters
    ----------
    store
        The artifacts bucket.
    record
        What happened.
    announce
        Tells others; that nobody could be told is no reason to undo what happened, so it never
        raises.
    """
    key = keys.release_record(record.model, record.execution)
    store.put(key, record.model_dump_json(indent=2).encode())
    announce(record)
