"""Delivers captures, and metrics where requested, from log events."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from modelfleet.captures.record import (
    CapturedPrediction,
    is_prediction,
    is_sealed,
    read_capture,
    unsealed,
)
from modelfleet.captures.refusal import CapturedRefusal, is_refusal, read_refusal
from modelfleet.captures.sealed import Opener
from modelfleet.metrics.embedded import Measurement, MetricSink, read_measurements
from modelfleet.spec.errors import CaptureError, DeliveryError

Captured = CapturedPrediction | CapturedRefusal


class CaptureSink(Protocol):
    """Destination of captures."""

    def put(self, captures: Sequence[Captured]) -> None:
        """Deliver predictions and refusals.

        Raises
        ------
        DeliveryError
            If some of them were rejected after all retries; the others are delivered.
        """
        ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """Counts of one delivery's log events.

    `repeated` counts duplicate predictions within the delivery; `unreadable` counts incomplete
    events, which are skipped.
    """

    predictions: int
    repeated: int
    measurements: int
    unreadable: int
    refusals: int = 0


def deliver(
    messages: Iterable[str],
    captures: CaptureSink,
    metrics: MetricSink | None,
    opener: Opener,
) -> Delivered:
    """Deliver each prediction and refusal once, and measurements if `metrics` is given.

    A delivery that is retried is delivered twice; readers of the lake take each prediction once.

    Raises
    ------
    DeliveryError
        If some predictions were rejected after all retries, or their sensitive values cannot be
        decrypted. The others are delivered, and the whole delivery can be retried.
    UnavailableError
        If no key to decrypt them can be read; nothing is delivered.
    """
    contents = _Contents(opener)
    for message in messages:
        contents.take(message)
    if contents.captures or contents.refusals:
        captures.put([*contents.captures.values(), *contents.refusals.values()])
    if metrics is not None and contents.measurements:
        metrics.put(contents.measurements)
    if contents.unopened:
        raise DeliveryError(
            f"the sensitive values of {contents.unopened} predictions cannot be decrypted with the "
            "current or the previous signing key"
        )
    measured = len(contents.measurements) if metrics is not None else 0
    return Delivered(
        len(contents.captures),
        contents.repeated,
        measured,
        contents.unreadable,
        len(contents.refusals),
    )


class _Contents:
    """Contents of a delivery."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self.captures: dict[str, CapturedPrediction] = {}
        self.refusals: dict[str, CapturedRefusal] = {}
        self.measurements: list[Measurement] = []
        self.repeated = 0
        self.unreadable = 0
        self.unopened = 0

    def take(self, message: str) -> None:
        """Add one log event; lines of the Lambda runtime are plain text and skipped."""
        if not message.lstrip().startswith("{"):
            return
        try:
            entry = _parsed(message)
            self.measurements += read_measurements(entry)
            if is_prediction(entry):
                self._add(entry)
            elif is_refusal(entry):
                refusal = read_refusal(entry)
                self.refusals[refusal.request_id] = refusal
        except CaptureError:
            self.unreadable += 1

    def _add(self, entry: Mapping[str, Any]) -> None:
        capture = read_capture(entry)
        if is_sealed(entry):
            try:
                capture = read_capture(unsealed(entry, self._opener))
            except CaptureError:
                # A prediction must not lose columns because a key was rotated.
                self.unopened += 1
                return
        self.repeated += capture.prediction_id in self.captures
        self.captures[capture.prediction_id] = capture


def _parsed(message: str) -> Mapping[str, Any]:
    try:
        entry: Mapping[str, Any] = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise CaptureError("a log event is not complete JSON") from error
    return entry
