"""A captured prediction: the fields of its log line and of its record in the lake."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from modelfleet.captures.sealed import SEALED
from modelfleet.metrics.serving_metrics import PREDICTION_MESSAGE
from modelfleet.spec.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelfleet.captures.sealed import Opener

# CloudWatch filter pattern that matches the log events of predictions and refusals.
CAPTURED_PATTERN = f'{{ $.message = "{PREDICTION_MESSAGE}*" }}'

# jq expression for Firehose's dynamic partitioning: records are partitioned by the day of the
# prediction, not of the delivery.
PARTITION_QUERY = "{model: .model, date: .timestamp[0:10]}"


@dataclass(frozen=True, slots=True)
class CapturedPrediction:
    """One prediction as stored in the log and the lake; the fields are the keys of its JSON.

    `variant` is the release arm that answered. `features` contains no personal data. `output` is
    the response: label, probability, threshold, and risk, or value and interval. `client` is the ID
    of the caller's API key; it is empty if no key was required, and in older records. `shadow` has
    the version and output of a challenger that also scored the row without answering. `entity` is
    the keyed hash of the caller's own ID of what the prediction is about. Both keys are absent if
    there was none.
    """

    prediction_id: str
    request_id: str
    timestamp: datetime
    model: str
    version: str
    variant: str
    latency_ms: float
    features: Mapping[str, Any]
    output: Mapping[str, Any]
    client: str = ""
    shadow: Mapping[str, Any] | None = None
    entity: str = ""


_SHADOW, _CLIENT, _ENTITY = "shadow", "client", "entity"
_LATER = (_SHADOW, _CLIENT, _ENTITY)
_KEYS = tuple(f.name for f in fields(CapturedPrediction) if f.name not in _LATER)
_TEXTS = ("prediction_id", "request_id", "model", "version", "variant")


def is_prediction(entry: Mapping[str, Any]) -> bool:
    """Return whether a parsed log line is a prediction."""
    return entry.get("message") == PREDICTION_MESSAGE


def is_sealed(entry: Mapping[str, Any]) -> bool:
    """Return whether a parsed log line contains sensitive values in encrypted form."""
    return SEALED in entry


def unsealed(entry: Mapping[str, Any], opener: Opener) -> Mapping[str, Any]:
    """Return a log line with its sensitive values among the features.

    Raises
    ------
    CaptureError
        If no known key sealed them for this prediction, or a field is missing.
    """
    capture = read_capture(entry)
    values = opener.open(capture.model, capture.prediction_id, entry[SEALED])
    return {**entry, "features": {**capture.features, **values}}


def read_capture(content: str | bytes | Mapping[str, Any]) -> CapturedPrediction:
    """Parse a log line or a line of the lake; other fields are ignored.

    Raises
    ------
    CaptureError
        If it is not valid JSON, or a field is missing, out of range, or of the wrong type.
    """
    try:
        entry = json.loads(content) if isinstance(content, str | bytes) else content
        values = {key: entry[key] for key in _KEYS}
        values["timestamp"] = datetime.fromisoformat(entry["timestamp"]).astimezone(UTC)
        values["latency_ms"] = float(entry["latency_ms"])
        values[_SHADOW] = entry.get(_SHADOW)
        values[_CLIENT] = entry.get(_CLIENT, "")
        values[_ENTITY] = entry.get(_ENTITY, "")
    except (ValueError, TypeError, KeyError) as error:
        raise CaptureError("not a capture: a field is missing") from error
    except (OverflowError, RecursionError) as error:
        raise CaptureError("not a capture: a field is out of range") from error
    if not _well_formed(values):
        raise CaptureError("not a capture: a field has the wrong type")
    return CapturedPrediction(**values)


def write_capture(capture: CapturedPrediction) -> str:
    """Return the record as one line of the lake, including the newline."""
    entry = {key: getattr(capture, key) for key in _KEYS}
    entry["timestamp"] = capture.timestamp.isoformat(timespec="milliseconds")
    entry[_CLIENT] = capture.client
    if capture.shadow is not None:
        entry[_SHADOW] = capture.shadow
    if capture.entity:
        entry[_ENTITY] = capture.entity
    return json.dumps(entry, separators=(",", ":")) + "\n"


def _well_formed(values: Mapping[str, Any]) -> bool:
    texts = all(isinstance(values[key], str) and values[key] for key in _TEXTS)
    documents = all(isinstance(values[key], dict) for key in ("features", "output"))
    known = isinstance(values[_CLIENT], str) and isinstance(values[_ENTITY], str)
    in_range = math.isfinite(values["latency_ms"])
    return texts and known and documents and in_range and _is_shadow(values[_SHADOW])


def _is_shadow(value: object) -> bool:
    if not isinstance(value, dict):
        return value is None
    return isinstance(value.get("version"), str) and isinstance(value.get("output"), dict)
