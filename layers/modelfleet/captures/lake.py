"""Reads captures from the lake."""

import gzip
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from modelfleet.captures.record import CapturedPrediction, read_capture
from modelfleet.spec.errors import CaptureError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

_GZIP = b"\x1f\x8b"
_log = logging.getLogger(__name__)


def read_captures(
    lake: ObjectStore, model: str, start: datetime, end: datetime
) -> Iterator[CapturedPrediction]:
    """Read a model's predictions of a window as a stream, each exactly once.

    Delivery from the log to the lake is at least once, so the lake may contain duplicates, which
    are recognized by prediction ID. An incomplete line is logged and skipped.

    Parameters
    ----------
    lake
        The lake bucket.
    model
        The model's name.
    start, end
        The window: predictions made at `start` or later, and before `end`; timezone-aware.

    Yields
    ------
    CapturedPrediction
        By day, and within a day in the order of arrival.
    """
    seen: set[str] = set()
    for capture in delivered_captures(lake, model, start, end):
        if capture.prediction_id not in seen:
            seen.add(capture.prediction_id)
            yield capture


def delivered_captures(
    lake: ObjectStore, model: str, start: datetime, end: datetime
) -> Iterator[CapturedPrediction]:
    """Read a window's predictions including duplicates, for callers that keep a bounded sample."""
    for day in days(start, end):
        for key in lake.keys(keys.captures(model, day)):
            for capture in _read(lake, key):
                if start <= capture.timestamp < end:
                    yield capture


def days(start: datetime, end: datetime) -> Iterator[str]:
    """Iterate over the UTC days that overlap a window, in ISO format as in the lake's folders."""
    day = start.astimezone(UTC).date()
    last = (end.astimezone(UTC) - timedelta.resolution).date()
    while day <= last:
        yield day.isoformat()
        day += timedelta(days=1)


def _read(lake: ObjectStore, key: str) -> Iterator[CapturedPrediction]:
    for number, line in enumerate(unpacked(lake.get(key).content).split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield read_capture(line)
        except CaptureError:
            _log.warning("line %s of %s is not a capture: a field is missing", number, key)


def unpacked(content: bytes) -> bytes:
    """Decompress an object if needed: Firehose compresses, the local engine does not."""
    return gzip.decompress(content) if content.startswith(_GZIP) else content
