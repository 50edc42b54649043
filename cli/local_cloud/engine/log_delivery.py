"""Delivers log events to functions as CloudWatch Logs does: in batches, with retries."""

import base64
import gzip
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Protocol

EVENTS_MAXIMUM = 5_000
# Lambda retries an asynchronous invocation twice.
PAUSES_SECONDS = (1.0, 2.0)

Event = dict[str, Any]
_log = logging.getLogger("log_delivery")
_NOT_ON_DISK = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription filter of a log group, and the function that receives its events."""

    owner: str
    log_group: str
    filter_name: str
    function: str


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line of a log stream; its timestamp is in milliseconds of Unix time."""

    stream: str
    timestamp: int
    message: str


class PendingItems(Protocol):
    """Keeps log events until they are delivered."""

    def add(self, items: Iterable[Any]) -> list[int]:
        """Add items; returns the numbers by which to mark them as done."""

    def done(self, numbers: Iterable[int]) -> None:
        """Mark items as done."""


_Numbered = tuple[int, LogEvent]


class LogDelivery:
    """Delivers log events to functions, one delivery per function at a time.

    Events that arrive during a delivery are delivered together afterwards. One delivery per line
    would start one process per line.

    Parameters
    ----------
    invoke
        Invokes a function with an event; returns whether it succeeded.
    give_up
        Receives an event that still failed after all retries.
    pending
        Keeps events until they are delivered or given up.
    pause
        Sleeps for a number of seconds.
    """

    def __init__(
        self,
        invoke: Callable[[str, Event], bool],
        give_up: Callable[[str, Event], None],
        pending: PendingItems,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._invoke = invoke
        self._give_up = give_up
        self._pending = pending
        self._pause = pause
        self._waiting: dict[str, dict[Subscription, list[_Numbered]]] = {}
        self._lock = threading.Lock()

    def offer(self, subscription: Subscription, events: Sequence[LogEvent]) -> None:
        """Accept log events for delivery, without blocking the function that logs them."""
        try:
            numbers = self._pending.add((astuple(subscription), astuple(each)) for each in events)
        except OSError:
            # The disk is full: the events are delivered unless this process ends before.
            _log.exception("could not write %d log events to disk", len(events))
            numbers = [_NOT_ON_DISK] * len(events)
        self._enqueue(subscription, list(zip(numbers, events, strict=True)))

    def resume(self, left: Mapping[int, Any]) -> None:
        """Deliver events that an earlier process accepted and did not deliver."""
        found: dict[Subscription, list[_Numbered]] = {}
        for number, (subscription, event) in left.items():
            found.setdefault(Subscription(*subscription), []).append((number, LogEvent(*event)))
        for subscription, events in found.items():
            self._enqueue(subscription, events)

    def _enqueue(self, subscription: Subscription, events: Sequence[_Numbered]) -> None:
        with self._lock:
            is_served = subscription.function in self._waiting
            waiting = self._waiting.setdefault(subscription.function, {})
            waiting.setdefault(subscription, []).extend(events)
        if not is_served:
            threading.Thread(
                target=self._serve,
                args=(subscription.function,),
                name=f"deliveries to {subscription.function}",
                daemon=True,
            ).start()

    def _serve(self, function: str) -> None:
        while taken := self._next(function):
            subscription, numbered = taken
            self._deliver(function, _delivery(subscription, [event for _, event in numbered]))
            self._forget([number for number, _ in numbered])

    def _forget(self, numbers: Sequence[int]) -> None:
        try:
            self._pending.done(numbers)
        except OSError:
            # The disk is full: they will be delivered again after a restart, and deduplicated.
            _log.exception("could not mark %d log events as delivered", len(numbers))

    def _next(self, function: str) -> tuple[Subscription, list[_Numbered]] | None:
        """Take the oldest events; if there are none, the function's thread ends."""
        with self._lock:
            waiting = self._waiting[function]
            if not waiting:
                del self._waiting[function]
                return None
            subscription = next(iter(waiting))
            events = waiting.pop(subscription)
            if rest := events[EVENTS_MAXIMUM:]:
                waiting[subscription] = rest
            return subscription, events[:EVENTS_MAXIMUM]

    def _deliver(self, function: str, event: Event) -> None:
        if self._invoke(function, event):
            return
        for seconds in PAUSES_SECONDS:
            self._pause(seconds)
            if self._invoke(function, event):
                return
        self._give_up(function, event)


def _delivery(subscription: Subscription, events: Sequence[LogEvent]) -> Event:
    """Pack log events in the format of the CloudWatch Logs user guide.

    The engine starts a log stream per invocation, so a delivery of one stream would contain the
    lines of one request only. The oldest event's stream stands for all.
    """
    content = {
        "messageType": "DATA_MESSAGE",
        "owner": subscription.owner,
        "logGroup": subscription.log_group,
        "logStream": events[0].stream,
        "subscriptionFilters": [subscription.filter_name],
        "logEvents": [
            {"id": uuid.uuid4().hex, "timestamp": each.timestamp, "message": each.message}
            for each in events
        ],
    }
    packed = gzip.compress(json.dumps(content).encode(), compresslevel=1)
    return {"awslogs": {"data": base64.b64encode(packed).decode()}}
