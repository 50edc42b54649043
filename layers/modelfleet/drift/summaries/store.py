"""Reads and changes the stored summaries."""

from collections.abc import Sequence
from datetime import date, timedelta

from modelfleet.drift.summaries.summary import DaySummary, LatestSummary
from modelfleet.storage import keys
from modelfleet.storage.documents import StoredDocument
from modelfleet.storage.object_store import ObjectStore


def latest(store: ObjectStore, model: str) -> LatestSummary | None:
    """Return a model's newest summary, or `None` before its first drift run.

    Raises
    ------
    DriftStateError
        If it is unreadable.
    """
    return latest_document(store, model).read()


def day(store: ObjectStore, model: str, wanted: date) -> DaySummary | None:
    """Return the summary of one UTC day, or `None` if there is none.

    Raises
    ------
    DriftStateError
        If it is unreadable.
    """
    return day_document(store, model, wanted).read()


def days_between(first: date, last: date) -> Sequence[date]:
    """Return all days from first to last."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def latest_document(store: ObjectStore, model: str) -> StoredDocument[LatestSummary]:
    """Return the document of a model's newest summary; the next run writes it anew."""
    remedy = f"write it anew: fleet drift {model}"
    return StoredDocument(store, keys.latest_summary(model), LatestSummary.parse, remedy)


def day_document(store: ObjectStore, model: str, wanted: date) -> StoredDocument[DaySummary]:
    """Return the document of one day's summary."""
    return StoredDocument(store, keys.day_summary(model, wanted), DaySummary.parse)
