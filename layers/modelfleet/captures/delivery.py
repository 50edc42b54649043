"""Delivers captures, and metrics where requested, from log events."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from modelfleet.captures.record import CapturedPrediction, is_prediction, read_capture
from modelfleet.metrics.embedded import Measurement, MetricSink, read_measurements
from modelfleet.spec.errors import CaptureError


class CaptureSink(Protocol):
    """The way into the lake."""

    def put(self, captures: Sequence[CapturedPrediction]) -> None:
        """Hand over predictions.

        Raises
        ------
        DeliveryError
            If some of them were refused to the end; the others are delivered.
        """
        ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of the log events of one delivery.

    `repeated` are predictions that the delivery held more than once; `unreadable` are events that
    look like one of ours and are not whole, each left behind alone.
    """

    predictions: int
    repeated: int
    measurements: int
    unreadable: int


def deliver(
    messages: Iterable[str], captures: CaptureSink, metrics: MetricSink | None
) -> Delivered:
    """Hand each prediction over once, and measurements where there is somebody to take them.

    A delivery that comes twice is carried twice: whoever reads the lake takes each prediction once.

    Raises
    ------
    DeliveryError
        If some predictions were refused to the end. The others have been handed over, and the whole
        delivery may be carried again.
    """
    found = _Found()
    for message in messages:
        found.take(message)
    if found.captures:
        captures.put(list(found.captures.values()))
    if metrics is not None and found.measurements:
        metrics.put(found.measurements)
    measured = len(found.measurements) if metrics is not None else 0
    return Delivered(len(found.captures), found.repeated, measured, found.unreadable)


class _Found:
    """What a delivery holds."""

    def __init__(self) -> None:
        self.captures: dict[str, CapturedPrediction] = {}
        self.measurements: list[Measurement] = []
        self.repeated = 0
        self.unreadable = 0

    def take(self, message: str) -> None:
        """Add one log event; Lambda's own lines are text, ours are objects."""
        if not message.lstrip().startswith("{"):
            return
        try:
            entry = _parsed(message)
            self.measurements += read_measurements(entry)
            if is_prediction(entry):
                self._add(read_capture(entry))
        except CaptureError:
            self.unreadable += 1

    def _add(self, capture: CapturedPrediction) -> None:
        self.repeated += capture.prediction_id in self.captures
        self.captures[capture.prediction_id] = capture


def _parsed(message: str) -> Mapping[str, Any]:
    try:
        entry: Mapping[str, Any] = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise CaptureError("a log event is not complete JSON") from error
    return entry
