"""The record of a request whose rows were refused because of values that no category lists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from modelfleet.metrics.serving_metrics import REFUSAL_MESSAGE
from modelfleet.spec.errors import CaptureError
from modelfleet.storage.keys import REFUSED

if TYPE_CHECKING:
    # The captures function imports this module and must not load pydantic.
    from collections.abc import Mapping

# A request names few values; see `modelfleet.serving.refusals`.
VALUES_MAXIMUM = 20
_TEXT_LENGTH = 256


class RefusedValue(NamedTuple):
    """A value of a column, with the number of rows refused because of it.

    `value` is `None` for all values that may not be recorded, or are too many to be.
    """

    column: str
    value: str | None
    rows: int


@dataclass(frozen=True, slots=True)
class CapturedRefusal:
    """One request with refused rows, as stored in the log and in the lake.

    `client` is the ID of the caller's API key, and empty if no key was required. Requests, not
    predictions, are told apart by `request_id`, because a refused row has no prediction.
    """

    request_id: str
    timestamp: datetime
    model: str
    client: str
    values: tuple[RefusedValue, ...]


def is_refusal(entry: Mapping[str, Any]) -> bool:
    """Return whether a parsed log line is a refusal."""
    return entry.get("message") == REFUSAL_MESSAGE


def read_refusal(content: str | bytes | Mapping[str, Any]) -> CapturedRefusal:
    """Parse a log line or a line of the lake; other fields are ignored.

    Raises
    ------
    CaptureError
        If it is not valid JSON, or a field is missing, too long, or of the wrong type.
    """
    try:
        entry = json.loads(content) if isinstance(content, str | bytes) else content
        timestamp = datetime.fromisoformat(entry["timestamp"]).astimezone(UTC)
        texts = [entry["request_id"], entry["model"], entry["client"]]
        values = tuple(_value(each) for each in entry["refused"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise CaptureError("not a refusal: a field is missing or invalid") from error
    if len(values) > VALUES_MAXIMUM or not all(map(_is_short, texts)):
        raise CaptureError("not a refusal: a field is too long or of the wrong type")
    request_id, model, client = texts
    return CapturedRefusal(request_id, timestamp, model.removesuffix(f"/{REFUSED}"), client, values)


def write_refusal(refusal: CapturedRefusal) -> str:
    """Return the record as one line of the lake, including the newline.

    Firehose takes the folder from the record's model and time, so the model names the folder of
    refusals within the model's captures.
    """
    entry = {
        "request_id": refusal.request_id,
        "timestamp": refusal.timestamp.isoformat(timespec="milliseconds"),
        "model": f"{refusal.model}/{REFUSED}",
        "client": refusal.client,
        "refused": [value._asdict() for value in refusal.values],
    }
    return json.dumps(entry, separators=(",", ":")) + "\n"


def _value(entry: Mapping[str, Any]) -> RefusedValue:
    column, value, rows = entry["column"], entry["value"], entry["rows"]
    if not _is_short(column) or not (value is None or _is_short(value)):
        raise ValueError("not a refused value")
    if type(rows) is not int or rows < 1:
        raise ValueError("not a number of rows")
    return RefusedValue(column, value, rows)


def _is_short(text: object) -> bool:
    return isinstance(text, str) and len(text) <= _TEXT_LENGTH
